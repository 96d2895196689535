"""Instances after their launch: states that take time, termination protection, the primary network interface.

moto's instances run at once, end at once and are then described for ever; RunInstances forgets termination
protection; the primary network interface survives its instance, keeps old groups, and does not show the
instance's source/destination check.
Sources: EC2 User Guide "Instance state changes", "Change termination protection"; EC2 API reference
(ModifyInstanceAttribute, ModifyNetworkInterfaceAttribute, ModifyInstanceMetadataOptions,
InstanceNetworkInterface).
"""

from __future__ import annotations

import copy
from typing import Any

from moto.ec2.models.instances import InstanceState

from ..addresses import public_address
from ..errors import AwsError
from ..pipeline import Call, Rules
from ..timeline import INSTANCE_END, INSTANCE_FORGOTTEN, INSTANCE_START

TERMINATED = ("shutting-down", "terminated")


def _come_up(call: Call, result: Any) -> None:
    protected = bool(call.params.get("DisableApiTermination"))
    profile_named = call.params.get("IamInstanceProfile")
    for instance in result.instances:
        instance.disable_api_termination = protected
        instance._state = InstanceState("pending", 0)
        kept = {
            int(wanted.get("DeviceIndex", 0))
            for wanted in call.params.get("NetworkInterfaces") or []
            if wanted.get("NetworkInterfaceId") or wanted.get("DeleteOnTermination") is False
        }
        for index, interface in instance.nics.items():
            interface.delete_on_termination = index not in kept
            if interface.public_ip:
                interface.public_ip = public_address(call.ec2)
        if profile_named and getattr(instance, "iam_instance_profile", None):
            _own_profile_id(call, instance)
        call.world.timeline.after(INSTANCE_START, _runner(instance))


def _runner(instance: Any) -> Any:
    def run() -> None:
        if instance.state == "pending":
            instance._state = InstanceState("running", 16)

    return run


def _own_profile_id(call: Call, instance: Any) -> None:
    # moto shows the association's id where AWS shows the profile's.
    for profile in call.world.backend("iam", call.region).instance_profiles.values():
        if profile.arn == instance.iam_instance_profile["Arn"]:
            instance.iam_instance_profile = {"Arn": profile.arn, "Id": profile.id}


def _terminate(call: Call) -> Any:
    ec2 = call.ec2
    keys = call.params.get("InstanceIds") or []
    if not keys:
        raise AwsError("InvalidParameterCombination", "No instances specified")
    instances = ec2.get_multi_instances_by_id(keys)
    for instance in instances:
        if instance.disable_api_termination and instance.state not in TERMINATED:
            raise AwsError(
                "OperationNotPermitted",
                f"The instance '{instance.id}' may not be terminated. Modify its 'disableApiTermination' "
                "instance attribute and try again.",
            )
    answer = []
    for instance in instances:
        before = copy.copy(instance._state)
        if instance.state not in TERMINATED:
            instance._state = InstanceState("shutting-down", 32)
            call.world.timeline.after(INSTANCE_END, _ender(call, instance))
        answer.append(
            {
                "InstanceId": instance.id,
                "PreviousState": {"Code": before.code, "Name": before.name},
                "CurrentState": {"Code": instance._state.code, "Name": instance._state.name},
            }
        )
    return {"TerminatingInstances": answer}


def _ender(call: Call, instance: Any) -> Any:
    ec2, elb = call.ec2, call.world.backend("elbv2", call.region)

    def end() -> None:
        if instance.state != "terminated":
            for address in ec2.addresses:
                if address.instance is instance or (address.eni and address.eni.instance is instance):
                    ec2.disassociate_address(address=address.public_ip)
            instance.terminate()
            elb.notify_terminate_instances([instance.id])
            call.world.sessions.end(instance.id)
            call.world.timeline.after(INSTANCE_FORGOTTEN, forget)

    def forget() -> None:
        for key, reservation in list(ec2.reservations.items()):
            if instance in reservation.instances:
                reservation.instances.remove(instance)
                if not reservation.instances:
                    del ec2.reservations[key]
        call.world.consoles.pop(instance.id, None)

    return end


def _check_modify(call: Call) -> None:
    instance = call.ec2.get_instance(call.params["InstanceId"])
    of_interface = any(call.params.get(key) is not None for key in ("SourceDestCheck", "Groups"))
    if of_interface and len(instance.nics) > 1:
        raise AwsError("InvalidInstanceID", f"There are multiple interfaces attached to {instance.id}.")
    needs_stop = any(call.params.get(key) is not None for key in ("UserData", "InstanceType"))
    if needs_stop and instance.state != "stopped":
        raise AwsError("IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state.")


def _mirror_to_interface(call: Call, result: Any) -> None:
    instance = call.ec2.get_instance(call.params["InstanceId"])
    primary = instance.nics.get(0)
    if primary is not None and call.params.get("SourceDestCheck") is not None:
        primary.source_dest_check = instance.source_dest_check
    if primary is not None and call.params.get("Groups"):
        primary._group_set = list(instance.security_groups)


def _mirror_to_instance(call: Call, result: Any) -> None:
    interface = call.ec2.get_network_interface(call.params["NetworkInterfaceId"])
    instance = interface.instance
    if instance is None or instance.nics.get(0) is not interface:
        return
    instance.source_dest_check = interface.source_dest_check
    if call.params.get("Groups"):
        instance.security_groups = list(interface._group_set)


def _keep_metadata_options(call: Call) -> None:
    """moto resets every option that the request leaves out; AWS keeps it."""
    options = call.ec2.get_instance(call.params["InstanceId"]).metadata_options
    for key, value in (
        ("HttpTokens", options.http_tokens),
        ("HttpPutResponseHopLimit", options.http_put_response_hop_limit),
        ("HttpEndpoint", options.http_endpoint),
        ("HttpProtocolIpv6", options.http_protocol_ipv6),
        ("InstanceMetadataTags", options.instance_metadata_tags),
    ):
        call.params.setdefault(key, value)


def install(rules: Rules) -> None:
    """Install what instances do after their launch."""
    rules.after("ec2", "RunInstances", rule=_come_up)
    rules.instead("ec2", "TerminateInstances", _terminate)
    rules.before("ec2", "ModifyInstanceAttribute", rule=_check_modify)
    rules.after("ec2", "ModifyInstanceAttribute", rule=_mirror_to_interface)
    rules.after("ec2", "ModifyNetworkInterfaceAttribute", rule=_mirror_to_instance)
    rules.before("ec2", "ModifyInstanceMetadataOptions", rule=_keep_metadata_options)
