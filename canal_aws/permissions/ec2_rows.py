"""EC2's types. Files are those of terraform-provider-aws, internal/service/ec2, as pulumi-aws 7 carries it (v6).

Tags go with each creation (TagSpecifications), which EC2 checks as ec2:CreateTags of its own (EC2 User Guide, "Grant
permission to tag Amazon EC2 resources during creation").
"""

from __future__ import annotations

from canal_aws.permissions.row import Row, spelled
from canal_aws.settings import Settings

_ec2 = spelled("ec2")
_TAG_NEW = _ec2("CreateTags")
_TAG = _ec2("CreateTags DeleteTags")


def _has_nat_gateways(settings: Settings) -> bool:
    return settings.topology == "private"


def _has_public_nodes(settings: Settings) -> bool:
    return not _has_nat_gateways(settings)


def _has_spot(settings: Settings) -> bool:
    return any(pool.spot for pool in settings.pools)


ROWS = (
    Row(
        "aws:ec2/vpc:Vpc",
        "vpc_.go",
        create=(*_ec2("CreateVpc ModifyVpcAttribute"), *_TAG_NEW),
        # The VPC's own default network ACL, main route table and default security group are read with it.
        read=_ec2("DescribeVpcs DescribeVpcAttribute DescribeNetworkAcls DescribeRouteTables DescribeSecurityGroups"),
        update=_ec2("ModifyVpcAttribute"),
        tag=_TAG,
        delete=_ec2("DeleteVpc"),
    ),
    Row(
        "aws:ec2/subnet:Subnet",
        "vpc_subnet.go",
        create=(*_ec2("CreateSubnet"), *_TAG_NEW),
        read=_ec2("DescribeSubnets"),
        tag=_TAG,
        # It looks for interfaces that Lambda and its like leave behind; this program has none that it would delete.
        delete=_ec2("DescribeNetworkInterfaces DeleteSubnet"),
    ),
    Row(
        # A public subnet's map_public_ip_on_launch: the one attribute that the program sets after the creation.
        "aws:ec2/subnet:Subnet",
        "vpc_subnet.go",
        create=_ec2("ModifySubnetAttribute"),
        read=(),
        update=_ec2("ModifySubnetAttribute"),
        delete=(),
        of=_has_public_nodes,
    ),
    Row(
        "aws:ec2/internetGateway:InternetGateway",
        "vpc_internet_gateway.go",
        create=(*_ec2("CreateInternetGateway AttachInternetGateway"), *_TAG_NEW),
        read=_ec2("DescribeInternetGateways"),
        tag=_TAG,
        delete=_ec2("DetachInternetGateway DeleteInternetGateway"),
    ),
    Row(
        "aws:ec2/eip:Eip",
        "ec2_eip.go",
        create=(*_ec2("AllocateAddress"), *_TAG_NEW),
        read=_ec2("DescribeAddresses DescribeAddressesAttribute"),  # the latter for its reverse DNS name
        tag=_TAG,
        delete=_ec2("DisassociateAddress ReleaseAddress"),
        of=_has_nat_gateways,
    ),
    Row(
        "aws:ec2/natGateway:NatGateway",
        "vpc_nat_gateway.go",
        create=(*_ec2("CreateNatGateway"), *_TAG_NEW),
        read=_ec2("DescribeNatGateways"),
        tag=_TAG,
        delete=_ec2("DeleteNatGateway"),
        of=_has_nat_gateways,
    ),
    Row(
        "aws:ec2/routeTable:RouteTable",
        "vpc_route_table.go",
        create=(*_ec2("CreateRouteTable"), *_TAG_NEW),
        read=_ec2("DescribeRouteTables"),
        tag=_TAG,
        delete=_ec2("DisassociateRouteTable DeleteRouteTable"),
    ),
    Row(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "vpc_route_table_association.go",
        create=_ec2("AssociateRouteTable"),
        read=_ec2("DescribeRouteTables"),
        update=_ec2("ReplaceRouteTableAssociation"),
        delete=_ec2("DisassociateRouteTable"),
    ),
    Row(
        "aws:ec2/route:Route",
        "vpc_route.go",
        create=_ec2("CreateRoute"),
        read=_ec2("DescribeRouteTables"),
        update=_ec2("ReplaceRoute"),
        delete=_ec2("DeleteRoute"),
    ),
    Row(
        "aws:ec2/securityGroup:SecurityGroup",
        "vpc_security_group.go",
        # A new group's rule that allows everything outbound is taken away at once.
        create=(*_ec2("CreateSecurityGroup RevokeSecurityGroupEgress"), *_TAG_NEW),
        read=_ec2("DescribeSecurityGroups"),
        tag=_TAG,
        delete=_ec2("DescribeNetworkInterfaces DeleteSecurityGroup"),
    ),
    Row(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "vpc_security_group_ingress_rule.go",
        create=(*_ec2("AuthorizeSecurityGroupIngress"), *_TAG_NEW),
        read=_ec2("DescribeSecurityGroupRules"),
        update=_ec2("ModifySecurityGroupRules"),
        tag=_TAG,
        delete=_ec2("RevokeSecurityGroupIngress"),
    ),
    Row(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "vpc_security_group_egress_rule.go",
        create=(*_ec2("AuthorizeSecurityGroupEgress"), *_TAG_NEW),
        read=_ec2("DescribeSecurityGroupRules"),
        update=_ec2("ModifySecurityGroupRules"),
        tag=_TAG,
        delete=_ec2("RevokeSecurityGroupEgress"),
    ),
    Row(
        "aws:ec2/launchTemplate:LaunchTemplate",
        "ec2_launch_template.go",
        create=(*_ec2("CreateLaunchTemplate"), *_TAG_NEW),
        read=_ec2("DescribeLaunchTemplates DescribeLaunchTemplateVersions"),
        update=_ec2("CreateLaunchTemplateVersion ModifyLaunchTemplate"),
        tag=_TAG,
        delete=_ec2("DeleteLaunchTemplate"),
    ),
    Row(
        "aws:ec2/instance:Instance",
        "ec2_instance.go",
        # The template's instance profile is passed by whoever launches (EC2 User Guide, "IAM roles for Amazon EC2").
        create=(*_ec2("RunInstances ModifyInstanceAttribute"), "iam:PassRole", *_TAG_NEW),
        # Tags and launch templates: the provider finds an instance's template by its aws:ec2launchtemplate tags.
        read=(
            *_ec2("DescribeInstances DescribeInstanceTypes DescribeInstanceAttribute DescribeVolumes DescribeTags"),
            *_ec2("DescribeInstanceCreditSpecifications DescribeLaunchTemplates DescribeLaunchTemplateVersions"),
        ),
        # Security groups that somebody changed are put right on the primary network interface.
        update=_ec2("ModifyInstanceAttribute ModifyNetworkInterfaceAttribute"),
        tag=_TAG,
        delete=_ec2("ModifyInstanceAttribute TerminateInstances"),
    ),
    Row(
        # An account's first spot instance makes EC2's role for them (EC2 User Guide, "Service-linked role for EC2 Spot
        # Instance requests"). Its request is read with the instance, and cancelled before the instance ends.
        "aws:ec2/instance:Instance",
        "ec2_instance.go",
        create=("iam:CreateServiceLinkedRole",),
        read=_ec2("DescribeSpotInstanceRequests"),
        delete=_ec2("CancelSpotInstanceRequests"),
        of=_has_spot,
    ),
)
