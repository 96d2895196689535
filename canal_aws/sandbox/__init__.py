"""One machine instead of AWS: toolchain, embedded AWS, Kubernetes, providers, language host."""
