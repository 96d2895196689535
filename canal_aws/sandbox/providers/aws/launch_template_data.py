"""What a launch template holds, as properties and as EC2 writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.schema import Inputs, State

TEXTS = {"imageId": "ImageId", "instanceType": "InstanceType", "userData": "UserData"}
PROFILE = {"arn": "Arn", "name": "Name"}
METADATA = {
    "httpEndpoint": "HttpEndpoint",
    "httpTokens": "HttpTokens",
    "httpPutResponseHopLimit": "HttpPutResponseHopLimit",
    "instanceMetadataTags": "InstanceMetadataTags",
}
VOLUME = {
    "encrypted": "Encrypted",
    "volumeType": "VolumeType",
    "volumeSize": "VolumeSize",
    "deleteOnTermination": "DeleteOnTermination",
}
SPOT = {
    "spotInstanceType": "SpotInstanceType",
    "instanceInterruptionBehavior": "InstanceInterruptionBehavior",
}
SWITCHES = ("encrypted", "deleteOnTermination")
"""Three-valued in the official provider, hence the texts "true" and "false"."""


def template_data(inputs: Inputs) -> dict[str, Any]:
    """The LaunchTemplateData of a request."""
    data: dict[str, Any] = {name: inputs[key] for key, name in TEXTS.items() if inputs.get(key)}
    if inputs.get("iamInstanceProfile"):
        data["IamInstanceProfile"] = _renamed(inputs["iamInstanceProfile"], PROFILE)
    if inputs.get("metadataOptions"):
        data["MetadataOptions"] = _renamed(inputs["metadataOptions"], METADATA)
    if inputs.get("instanceMarketOptions"):
        data["InstanceMarketOptions"] = _market(inputs["instanceMarketOptions"])
    if inputs.get("blockDeviceMappings"):
        data["BlockDeviceMappings"] = [_device(item) for item in inputs["blockDeviceMappings"]]
    if inputs.get("tagSpecifications"):
        data["TagSpecifications"] = [
            {"ResourceType": item["resourceType"], "Tags": tags.pairs(item.get("tags"))}
            for item in inputs["tagSpecifications"]
        ]
    return data


def _market(options: Mapping[str, Any]) -> dict[str, Any]:
    market: dict[str, Any] = {"MarketType": options["marketType"]}
    if options.get("spotOptions"):
        market["SpotOptions"] = _renamed(options["spotOptions"], SPOT)
    return market


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[key]: value for key, value in values.items() if value not in (None, "")}


def _device(mapping: Mapping[str, Any]) -> dict[str, Any]:
    device: dict[str, Any] = {"DeviceName": mapping["deviceName"]}
    if mapping.get("ebs"):
        volume = {key: value == "true" if key in SWITCHES else value for key, value in mapping["ebs"].items()}
        device["Ebs"] = _renamed(volume, VOLUME)
    return device


def template_state(data: Mapping[str, Any]) -> State:
    """The properties that a LaunchTemplateData means: the way back of `template_data`."""
    state: State = {key: data[name] for key, name in TEXTS.items() if data.get(name)}
    if data.get("IamInstanceProfile"):
        state["iamInstanceProfile"] = _back(data["IamInstanceProfile"], PROFILE)
    if data.get("MetadataOptions"):
        state["metadataOptions"] = _back(data["MetadataOptions"], METADATA)
    if data.get("InstanceMarketOptions"):
        market = data["InstanceMarketOptions"]
        state["instanceMarketOptions"] = {"marketType": market["MarketType"]}
        if market.get("SpotOptions"):
            state["instanceMarketOptions"]["spotOptions"] = _back(market["SpotOptions"], SPOT)
    if data.get("BlockDeviceMappings"):
        state["blockDeviceMappings"] = [_device_state(item) for item in data["BlockDeviceMappings"]]
    if data.get("TagSpecifications"):
        state["tagSpecifications"] = [
            {"resourceType": item["ResourceType"], "tags": tags.mapping(item["Tags"])}
            for item in data["TagSpecifications"]
        ]
    return state


def _back(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {key: values[name] for key, name in names.items() if values.get(name) is not None}


def _device_state(device: Mapping[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = {"deviceName": device["DeviceName"]}
    if device.get("Ebs"):
        volume = _back(device["Ebs"], VOLUME)
        state["ebs"] = {key: str(value).lower() if key in SWITCHES else value for key, value in volume.items()}
    return state
