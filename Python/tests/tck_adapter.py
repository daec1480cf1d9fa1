"""The protocol of the TCK's runner (PROTOCOL.md, as `nql --json-lines` speaks it) over the package.

tck.py --adapter nql --command "python tests/tck_adapter.py" …
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import Any

import nendb

_COUNTERS = {
    "nodesCreated": "nodes_created",
    "nodesDeleted": "nodes_deleted",
    "relationshipsCreated": "relationships_created",
    "relationshipsDeleted": "relationships_deleted",
    "labelsAdded": "labels_added",
    "labelsRemoved": "labels_removed",
    "propertiesSet": "properties_set",
}


def typed(value: Any) -> dict[str, Any]:
    """A value with its type, as the protocol has it."""
    name, content = _described(value)
    return {"$type": name, "_value": content}


def _described(value: Any) -> tuple[str, Any]:
    match value:
        case None:
            return "Null", None
        case bool():
            return "Boolean", value
        case int():
            return "Integer", str(value)
        case float():
            return "Float", _float_text(value)
        case str():
            return "String", value
        case list():
            return "List", [typed(item) for item in value]
        case dict():
            return "Map", {name: typed(item) for name, item in value.items()}
        case nendb.Node():
            return "Node", {
                "_element_id": f"n{value.id}",
                "_labels": sorted(value.labels),
                "_properties": {name: typed(item) for name, item in value.items()},
            }
        case nendb.Relationship():
            return "Relationship", {
                "_element_id": f"r{value.id}",
                "_start_node_element_id": f"n{value.start_id}",
                "_end_node_element_id": f"n{value.end_id}",
                "_type": value.type,
                "_properties": {name: typed(item) for name, item in value.items()},
            }
        case nendb.Path():
            steps = [typed(value.nodes[0])]
            for step, node in zip(value.relationships, value.nodes[1:], strict=True):
                steps += [typed(step), typed(node)]
            return "Path", steps
        case nendb.Duration():
            return "Duration", value.iso_format()
    return _temporal(value)


def _float_text(value: float) -> str:
    special = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
    return special.get(repr(value), repr(value))


def _temporal(value: Any) -> tuple[str, Any]:
    if isinstance(value, nendb.Temporal):
        zoned = "ZonedDateTime" if value.zone else "OffsetDateTime"
        names = {"date": "Date", "local_time": "LocalTime", "time": "Time"}
        names |= {"local_datetime": "LocalDateTime", "datetime": zoned}
        return names[value.kind], value.iso_format()
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            return "LocalDateTime", value.isoformat()
        zone = getattr(value.tzinfo, "key", None)
        text = value.isoformat().replace("+00:00", "Z")
        return ("ZonedDateTime", f"{text}[{zone}]") if zone else ("OffsetDateTime", text)
    if isinstance(value, dt.date):
        return "Date", value.isoformat()
    if isinstance(value, dt.time):
        text = value.isoformat().replace("+00:00", "Z")
        return ("LocalTime" if value.tzinfo is None else "Time"), text
    raise TypeError(f"no type for {value!r}")


def plain(value: dict[str, Any]) -> Any:
    """The value of a typed one."""
    name, content = value["$type"], value["_value"]
    if name == "Integer":
        return int(content)
    if name == "Float":
        return float(content)
    if name == "List":
        return [plain(item) for item in content]
    if name == "Map":
        return {key: plain(item) for key, item in content.items()}
    return content


class Adapter:
    """Answers requests on a database in memory."""

    def __init__(self) -> None:
        self.database = nendb.connect()

    def answer(self, request: Any) -> dict[str, Any]:
        """The response to a request."""
        if not isinstance(request, dict):
            return failure("ProtocolError", "a request is a JSON object")
        if request.get("reset"):
            self.database.close()
            self.database = nendb.connect()
            return {"ok": True}
        if "query" in request:
            return self.query(request["query"], request.get("params", {}))
        if "procedure" in request:
            return failure("ProcedureError", "procedures are not registered from Python")
        return failure("ProtocolError", "unknown request")

    def query(self, text: str, params: dict[str, Any]) -> dict[str, Any]:
        """Runs a statement."""
        try:
            values = {name: plain(value) for name, value in params.items()}
            result = self.database.execute(text, values)
            rows = [[typed(value) for value in row] for row in result.fetchall()]
        except nendb.Error as error:
            return {
                "error": {
                    "code": error.code,
                    "detail": error.detail,
                    "phase": error.phase,
                    "message": error.message,
                    "line": error.line,
                    "column": error.column,
                }
            }
        counters = result.counters
        return {
            "columns": result.columns,
            "rows": rows,
            "counters": {name: getattr(counters, field) for name, field in _COUNTERS.items()},
        }


def failure(code: str, message: str) -> dict[str, Any]:
    """An error of the protocol's own."""
    error = {"code": code, "detail": None, "phase": "compile", "message": message}
    return {"error": {**error, "line": None, "column": None}}


def main() -> None:
    """Answers the requests of standard input, one a line."""
    adapter = Adapter()
    for line in sys.stdin:
        try:
            request = json.loads(line)
        except ValueError as error:
            response = failure("ProtocolError", str(error))
        else:
            response = adapter.answer(request)
        print(json.dumps(response, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
