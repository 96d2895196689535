"""Checks that ask AWS. Each reads facts of canal_aws.preflight.live, and none of them changes anything."""
