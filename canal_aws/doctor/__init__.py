"""Doctor: what drifted between a stack's description, its AWS and its Kubernetes, and what repairs it. Nothing is changed."""
