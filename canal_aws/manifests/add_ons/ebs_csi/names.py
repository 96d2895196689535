"""Upstream's names, so that AWS's documentation and other people's tools fit."""

from __future__ import annotations

DRIVER = "ebs.csi.aws.com"
CONTROLLER = "ebs-csi-controller"
CONTROLLER_ACCOUNT = "ebs-csi-controller-sa"
NODE = "ebs-csi-node"
NODE_ACCOUNT = "ebs-csi-node-sa"
LABEL = {"app.kubernetes.io/name": "aws-ebs-csi-driver"}
