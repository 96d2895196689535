"""Parameter of SSM, whose value is write-only here: its table and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

SOURCE = "terraform-provider-aws internal/service/ssm/parameter.go"

GONE = ("ParameterNotFound",)

NO_VALUE = (
    "is refused: a value in the state could be read by whoever reads the state; use valueWo and valueWoVersion, "
    "which the provider writes and never reads"
)


def create_parameter(operation: Operation, inputs: Inputs) -> State:
    request = _put_request(inputs)
    if inputs.get("tags"):
        request["Tags"] = tags.pairs(inputs["tags"])
    made = operation.aws.ssm.put_parameter(**request)
    state = _state(operation, inputs, made["Version"], made.get("Tier", inputs["tier"]))
    operation.created(inputs["name"], state)
    return state


def _put_request(inputs: Inputs) -> dict[str, Any]:
    request = {
        "Name": inputs["name"],
        "Type": inputs["type"],
        "Value": inputs["valueWo"],
        "Tier": inputs["tier"],
    }
    if inputs.get("description"):
        request["Description"] = inputs["description"]
    return request


def _state(operation: Operation, inputs: Inputs, version: int, tier: str) -> State:
    """All but the value, which no state holds."""
    return {
        "arn": parameter_arn(operation, inputs["name"]),
        "dataType": "text",
        "description": inputs.get("description"),
        "hasValueWo": True,
        # What SSM encrypts with where the request names no key.
        "keyId": "alias/aws/ssm",
        "name": inputs["name"],
        "tags": dict(inputs.get("tags") or {}),
        "tier": tier,
        "type": inputs["type"],
        "valueWoVersion": inputs.get("valueWoVersion"),
        "version": version,
    }


def parameter_arn(operation: Operation, name: str) -> str:
    """An ARN holds one slash between `parameter` and the name, which may begin with one."""
    return operation.aws.arn("ssm", f"parameter/{name.removeprefix('/')}")


def read_parameter(operation: Operation, resource_id: str, prior: State) -> State | None:
    """Metadata alone: DescribeParameters shows no value, and nothing here ever decrypts one."""
    ssm = operation.aws.ssm
    named = [{"Key": "Name", "Option": "Equals", "Values": [resource_id]}]
    found = operation.find(lambda: ssm.describe_parameters(ParameterFilters=named), "Parameters", GONE)
    if found is None:
        return None
    listed = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=resource_id)
    return _read_state(operation, found, prior) | {"tags": tags.mapping(listed["TagList"])}


def _read_state(operation: Operation, found: Mapping[str, Any], prior: State) -> State:
    return {
        "arn": parameter_arn(operation, found["Name"]),
        "dataType": found.get("DataType", "text"),
        "description": found.get("Description") or None,
        "hasValueWo": prior.get("hasValueWo", False),
        "keyId": found.get("KeyId"),
        "name": found["Name"],
        "tier": found.get("Tier", "Standard"),
        "type": found["Type"],
        "valueWoVersion": prior.get("valueWoVersion"),
        "version": found["Version"],
    }


def update_parameter(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    """Whatever changes but the tags writes the parameter anew, value included, since PutParameter takes no
    request without one."""
    ssm, version, tier = operation.aws.ssm, old["version"], old["tier"]
    if changed - {"tags"}:
        made = ssm.put_parameter(**_put_request(new), Overwrite=True)
        version, tier = made["Version"], made.get("Tier", new["tier"])
    if "tags" in changed:
        removed, added = tags.difference(old.get("tags"), new.get("tags"))
        if removed:
            ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=resource_id, TagKeys=removed)
        if added:
            ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=resource_id, Tags=tags.pairs(added))
    return _state(operation, new, version, tier)


def delete_parameter(operation: Operation, resource_id: str, state: State) -> None:
    operation.ignore(lambda: operation.aws.ssm.delete_parameter(Name=resource_id), GONE)


def tier_replaces(state: State, inputs: Inputs) -> set[str]:
    """SSM does not turn an advanced parameter into a standard one."""
    return {"tier"} if state.get("tier") == "Advanced" and inputs.get("tier") == "Standard" else set()


TYPES = (
    ResourceType(
        token="aws:ssm/parameter:Parameter",
        label="SSM Parameter",
        source=SOURCE,
        called=lambda inputs: str(inputs["name"]),
        also_replaces=tier_replaces,
        deletes_first=True,
        recomputed=("version",),
        refuses={"value": NO_VALUE, "insecureValue": NO_VALUE},
        properties={
            "name": Property("required", source=f"{SOURCE}; the bridge makes one up where it is missing: not modelled"),
            "type": Property("required", values=("SecureString",), source=f"{SOURCE}; other types are not modelled"),
            "valueWo": Property(
                "write-only",
                source=f"{SOURCE}; the engine keeps it among the (secret) inputs, the state's outputs never",
            ),
            "valueWoVersion": Property(
                "required", "int", "update", source=f"{SOURCE}; optional there, without valueWo"
            ),
            "description": Property(
                "optional",
                on_change="update",
                source=f"{SOURCE}; unsure whether the official provider writes the value again: it does here",
            ),
            "tier": Property(
                "optional",
                on_change="update",
                default="Standard",
                values=("Standard", "Advanced"),
                source=f"{SOURCE}; from Advanced to Standard replaces",
            ),
            "arn": Property("computed", source=SOURCE),
            "dataType": Property("computed", source=f"{SOURCE}; an input there, not modelled here"),
            "hasValueWo": Property("computed", "bool", source=SOURCE),
            "keyId": Property("computed", source=f"{SOURCE}; an input there, not modelled here"),
            "version": Property("computed", "int", source=SOURCE),
            **tag_properties(SOURCE),
            **region(),
        },
        create=create_parameter,
        read=read_parameter,
        update=update_parameter,
        delete=delete_parameter,
    ),
)
