"""What a cloud controller, a CSI driver and a person leave in a stack's VPC, where it stands in the way of a destroy."""

from __future__ import annotations

from canal_aws.stack.deployment import STACK_TAG
from tests.lifecycle.cloud import Cloud

_SERVICE = {"Key": "kubernetes.io/service-name", "Value": "shop/web"}


def leave(cloud: Cloud, stack: str) -> dict[str, str]:
    """Ids by kind: a load balancer, a security group that the workers' refers to, a network interface, a volume."""
    cluster = {"Key": f"kubernetes.io/cluster/{stack}", "Value": "owned"}
    owner = {"Key": STACK_TAG, "Value": f"organization/canal-aws/{stack}"}
    edge = next(each for name, each in cloud.subnets.items() if name.startswith("edge"))
    worker = next(key for key, name in cloud.groups.items() if name.startswith("worker"))
    group = cloud.ec2.create_security_group(
        GroupName="k8s-elb-a1", Description="Security group for Kubernetes ELB a1 (shop/web)", VpcId=edge["VpcId"]
    )["GroupId"]
    pair = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": group}]}]
    cloud.ec2.authorize_security_group_ingress(GroupId=worker, IpPermissions=pair)
    (balancer,) = cloud.elb.create_load_balancer(
        Name="a1",
        Type="network",
        Scheme="internal",
        Subnets=[edge["SubnetId"]],
        SecurityGroups=[group],
        Tags=[cluster, _SERVICE],
    )["LoadBalancers"]
    interface = cloud.ec2.create_network_interface(SubnetId=edge["SubnetId"])["NetworkInterface"]
    volume = cloud.ec2.create_volume(
        AvailabilityZone=edge["AvailabilityZone"],
        Size=8,
        TagSpecifications=[
            # As the program has the driver tag them (infra/canal.py).
            {"ResourceType": "volume", "Tags": [cluster, owner, {"Key": "CSIVolumeName", "Value": "pvc-1"}]},
        ],
    )
    return {
        "group": group,
        "balancer": balancer["LoadBalancerArn"],
        "interface": interface["NetworkInterfaceId"],
        "volume": volume["VolumeId"],
    }
