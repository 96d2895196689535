"""Stand-ins for the official provider plugins, for machines that cannot have those."""
