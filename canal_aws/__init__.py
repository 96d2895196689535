"""The library and command line of Canal on AWS: settings, address plan, manifests, preflight, sandbox."""
