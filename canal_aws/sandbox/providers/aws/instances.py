"""Instance: its table and what is done with it."""

from __future__ import annotations

from typing import Any

from canal_aws.sandbox.providers.aws import instance_state, tags
from canal_aws.sandbox.providers.aws.batch import INSTANCES
from canal_aws.sandbox.providers.aws.errors import ProviderError, code_of
from canal_aws.sandbox.providers.aws.launches import run_request
from canal_aws.sandbox.providers.aws.network import MINUTE, updated_tags
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

SOURCE = "terraform-provider-aws internal/service/ec2/ec2_instance.go"
DOCS = "https://www.pulumi.com/registry/packages/aws/api-docs/ec2/instance/"

GONE = ("InvalidInstanceID.NotFound",)


def create_instance(operation: Operation, inputs: Inputs) -> State:
    """RunInstances off the launch template, then a wait for `running`, then what only a later call can set."""
    ec2 = operation.aws.ec2
    request = run_request(inputs)
    # IAM tells EC2 of a new instance profile late; the official provider retries this one answer.
    made = operation.retry(
        lambda: ec2.run_instances(**request)["Instances"][0],
        ("InvalidParameterValue",),
        2 * MINUTE,
        "Invalid IAM Instance Profile",
    )
    instance_id = made["InstanceId"]
    operation.created(instance_id, instance_state.described(operation, made, inputs, inputs))
    running = operation.wait("becoming running", lambda: _in_state(operation, instance_id, "running"), 10 * MINUTE)
    state = instance_state.described(operation, running, inputs, inputs)
    operation.created(instance_id, state)
    if inputs.get("sourceDestCheck") is False and state["sourceDestCheck"]:
        # RunInstances has no such parameter.
        ec2.modify_instance_attribute(InstanceId=instance_id, SourceDestCheck={"Value": False})
        state["sourceDestCheck"] = False
    operation.created(instance_id, state)
    return state | instance_state.market(operation, running)


def _in_state(operation: Operation, instance_id: str, wanted: str) -> dict[str, Any] | None:
    found = INSTANCES.get(operation.aws, instance_id)
    state = found["State"]["Name"] if found else "terminated"
    if state == wanted:
        return found or {}
    if state in ("terminated", "shutting-down") and wanted == "running":
        reason = (found or {}).get("StateReason", {}).get("Message", "no reason given")
        raise ProviderError(f"the instance went to {state} instead of running: {reason}")
    return None


def read_instance(operation: Operation, resource_id: str, prior: State) -> State | None:
    found = INSTANCES.get(operation.aws, resource_id)
    if found is None or found["State"]["Name"] == "terminated":
        return None
    ec2 = operation.aws.ec2
    answer = ec2.describe_instance_attribute(InstanceId=resource_id, Attribute="disableApiTermination")
    protection = {"disableApiTermination": answer["DisableApiTermination"].get("Value", False)}
    state = instance_state.described(operation, found, prior, protection) | instance_state.market(operation, found)
    if prior.get("volumeTags"):
        # Of whatever is attached, those too that others made.
        attached = [tags.mapping(volume.get("Tags")) for volume in instance_state.volumes(operation, resource_id)]
        state["volumeTags"] = {key: value for found_tags in attached for key, value in found_tags.items()}
    state["launchTemplate"] = instance_state.template(
        operation, found, (prior.get("launchTemplate") or {}).get("version", "")
    )
    return state


def update_instance(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    ec2, state = operation.aws.ec2, dict(old)
    if "sourceDestCheck" in changed:
        ec2.modify_instance_attribute(InstanceId=resource_id, SourceDestCheck={"Value": new["sourceDestCheck"]})
        state["sourceDestCheck"] = new["sourceDestCheck"]
    if "disableApiTermination" in changed:
        wanted = bool(new.get("disableApiTermination"))
        ec2.modify_instance_attribute(InstanceId=resource_id, DisableApiTermination={"Value": wanted})
        state["disableApiTermination"] = wanted
    if "vpcSecurityGroupIds" in changed:
        # On the interface: of an instance with several EC2 does not know which one is meant.
        primary = instance_state.primary_interface(INSTANCES.get(operation.aws, resource_id) or {})
        if not primary:
            raise ProviderError("vpcSecurityGroupIds cannot be changed: the instance has no primary network interface")
        ec2.modify_network_interface_attribute(
            NetworkInterfaceId=primary["NetworkInterfaceId"], Groups=new["vpcSecurityGroupIds"]
        )
        state["vpcSecurityGroupIds"] = sorted(new["vpcSecurityGroupIds"])
    if "volumeTags" in changed:
        volumes = [volume["VolumeId"] for volume in instance_state.volumes(operation, resource_id)]
        tags.update_ec2(operation, volumes, old.get("volumeTags"), new.get("volumeTags"))
        state["volumeTags"] = new.get("volumeTags")
    if "instanceType" in changed:
        state |= _change_type(operation, resource_id, new)
    state["forceDestroy"] = bool(new.get("forceDestroy"))
    return state | updated_tags(operation, resource_id, old, new, changed)


def _change_type(operation: Operation, resource_id: str, new: Inputs) -> State:
    """Stop, change and start again: EC2 changes the type of stopped instances alone."""
    ec2 = operation.aws.ec2
    ec2.stop_instances(InstanceIds=[resource_id])
    operation.wait("stopping", lambda: _in_state(operation, resource_id, "stopped"), 10 * MINUTE)
    ec2.modify_instance_attribute(InstanceId=resource_id, InstanceType={"Value": new["instanceType"]})
    ec2.start_instances(InstanceIds=[resource_id])
    running = operation.wait("starting", lambda: _in_state(operation, resource_id, "running"), 10 * MINUTE)
    return {
        "instanceType": running["InstanceType"],
        "instanceState": running["State"]["Name"],
        "publicIp": running.get("PublicIpAddress") or "",
        "publicDns": running.get("PublicDnsName") or "",
    }


def delete_instance(operation: Operation, resource_id: str, state: State) -> None:
    """A protected instance stays protected, and AWS refuses, unless `forceDestroy` was recorded before. A spot
    instance's request goes first: a persistent one would have EC2 start another."""
    ec2 = operation.aws.ec2
    if state.get("forceDestroy") and state.get("disableApiTermination"):
        operation.ignore(
            lambda: ec2.modify_instance_attribute(InstanceId=resource_id, DisableApiTermination={"Value": False}), GONE
        )
    if state.get("spotInstanceRequestId"):
        ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[state["spotInstanceRequestId"]])
    try:
        ec2.terminate_instances(InstanceIds=[resource_id])
    except Exception as error:
        if code_of(error) in GONE:
            return
        raise
    operation.wait("terminating", lambda: _in_state(operation, resource_id, "terminated"), 20 * MINUTE)


TYPES = (
    ResourceType(
        token="aws:ec2/instance:Instance",
        label="EC2 Instance",
        source=SOURCE,
        properties={
            "launchTemplate": Property(
                "required",
                "object",
                fields={
                    "id": Property("optional", source=SOURCE),
                    "name": Property("optional", source=SOURCE),
                    "version": Property(
                        "optional",
                        default="$Default",
                        source=f"{SOURCE}: replaced where the running instance came of another version, by CustomizeDiff; "
                        "$Latest and $Default are compared as text here",
                    ),
                },
                source=f"{SOURCE}; optional there, since an instance can be described without one: not modelled here",
            ),
            "instanceType": Property(
                "optional-computed", on_change="update", source=f"{SOURCE}: stopped, changed and started"
            ),
            "subnetId": Property("optional-computed", source=SOURCE),
            "privateIp": Property("optional-computed", source=SOURCE),
            "vpcSecurityGroupIds": Property("optional-computed", "string-set", "update", source=SOURCE),
            "sourceDestCheck": Property("optional", "bool", "update", default=True, source=SOURCE),
            "disableApiTermination": Property("optional-computed", "bool", "update", source=SOURCE),
            "forceDestroy": Property(
                "optional", "bool", "update", source=f"{DOCS}: a protected instance is only destroyed with it"
            ),
            "associatePublicIpAddress": Property("optional-computed", "bool", source=SOURCE),
            "volumeTags": Property(
                "optional",
                "map",
                "update",
                source=f"{SOURCE}: read from, and written to, every volume that is attached; the program's instances had it once",
            ),
            "ami": Property("computed", source=f"{SOURCE}; an input there, not modelled here: the template names it"),
            "arn": Property("computed", source=SOURCE),
            "availabilityZone": Property("computed", source=f"{SOURCE}; an input there: the subnet decides here"),
            "iamInstanceProfile": Property("computed", source=f"{SOURCE}; an input there: the template names it"),
            "instanceLifecycle": Property("computed", source=f"{SOURCE}; empty for On-Demand"),
            "instanceMarketOptions": Property(
                "computed", "object", source=f"{SOURCE}; an input there: the template names it"
            ),
            "instanceState": Property("computed", source=SOURCE),
            "primaryNetworkInterfaceId": Property("computed", source=SOURCE),
            "privateDns": Property("computed", source=SOURCE),
            "publicDns": Property("computed", source=SOURCE),
            "publicIp": Property("computed", source=SOURCE),
            "spotInstanceRequestId": Property("computed", source=f"{SOURCE}; empty for On-Demand"),
            **tag_properties(SOURCE),
            **region(),
        },
        create=create_instance,
        read=read_instance,
        update=update_instance,
        delete=delete_instance,
    ),
)
