"""Which vCPU quota an instance type counts against."""

from __future__ import annotations

import pytest

from canal_aws.quotas import BY_CODE
from canal_aws.sandbox.aws.quotas import QUOTAS
from canal_aws.vcpu_quotas import VCPU_QUOTAS, vcpu_code


@pytest.mark.parametrize(
    ("instance_type", "on_demand", "spot"),
    [
        ("m7i.large", "L-1216C47A", "L-34B43A08"),
        ("im4gn.large", "L-1216C47A", "L-34B43A08"),
        ("is4gen.medium", "L-1216C47A", "L-34B43A08"),
        ("d3en.xlarge", "L-1216C47A", "L-34B43A08"),
        ("dl1.24xlarge", "L-6E869C2A", "L-85EED4F7"),
        ("f1.2xlarge", "L-74FC7D96", "L-88CF9481"),
        ("g4dn.xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("gr6.4xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("vt1.3xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("hpc7g.4xlarge", "L-F7808C92", ""),
        ("u-6tb1.metal", "L-43DA4232", ""),
        ("u7i-12tb.224xlarge", "L-43DA4232", ""),
        ("inf2.xlarge", "L-1945791B", "L-B5D1601B"),
        ("p5.48xlarge", "L-417A185B", "L-7212CCBC"),
        ("trn1.2xlarge", "L-2C3B7624", "L-6B0D517C"),
        ("x2iedn.xlarge", "L-7295265B", "L-E3A00192"),
        ("mac2.metal", "", ""),
    ],
)
def test_families(instance_type: str, on_demand: str, spot: str) -> None:
    assert (vcpu_code(instance_type, False), vcpu_code(instance_type, True)) == (on_demand, spot)


def test_every_code_is_known_to_preflight_and_to_the_sandbox_with_one_default() -> None:
    for quota in VCPU_QUOTAS:
        for code in filter(None, (quota.on_demand, quota.spot)):
            assert BY_CODE[code].default == QUOTAS["ec2", code].default == quota.default, code
