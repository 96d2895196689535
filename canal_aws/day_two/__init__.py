"""Day two: what is done to a cluster that runs, with nothing but Pulumi, AWS and Kubernetes as its stack reaches them.

Nothing here knows of the sandbox.
"""
