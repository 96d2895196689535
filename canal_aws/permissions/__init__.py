"""What the project asks of AWS, call by call, and the least-privilege policies that follow. As a library:

from canal_aws.permissions import Purpose, Scope, documents, needs
policies = documents("canal-aws-deployer", needs(Purpose.DEPLOYER, settings, Scope("aws", "eu-central-1", "123456789012", "dev")))
"""

from __future__ import annotations

from canal_aws.permissions.documents import POLICY_CHARACTERS, documents
from canal_aws.permissions.needs import Grant, Need
from canal_aws.permissions.purposes import FREE, Purpose, actions, needs
from canal_aws.permissions.scope import Scope

__all__ = ["FREE", "POLICY_CHARACTERS", "Grant", "Need", "Purpose", "Scope", "actions", "documents", "needs"]
