"""The VPC process: what runs inside the namespaces, started by machines.vpc and never imported by the owner.

Everything here is in one process of threads. Threads are of two kinds: those in the VPC's network namespace, which is
where every thread is unless said otherwise, and HostSockets', which makes sockets on the host's network.
"""
