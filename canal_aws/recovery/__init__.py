"""Putting a stack in order after its `up` was killed: the lock, and what was being created at that moment.

Nothing here knows of the sandbox: it works with the credentials, endpoints and backend that plain `pulumi` would use.
"""
