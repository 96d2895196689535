"""A stack from the outside: Pulumi's command and state, and AWS and Kubernetes with the stack's own credentials.

What a recovery and the work of the second day share. Nothing here knows of the sandbox: it works with the credentials, endpoints
and backend that plain `pulumi` would use.
"""
