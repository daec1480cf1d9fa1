"""The exceptions of NenDB: the classes of PEP 249, and below them one class for each code of NQL.

A class is named as its code; where Python has an exception of that name, `NQL` stands before it
(`NQLSyntaxError`, `NQLTypeError`, `NQLArithmeticError`, `NQLIOError`). The text of an exception
shows the line of the statement, a caret below what is wrong, and what may help.
"""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "CapacityExceeded",
    "ConstraintValidationFailed",
    "ConstraintVerificationFailed",
    "CorruptionError",
    "DataError",
    "DatabaseBusy",
    "DatabaseError",
    "EntityNotFound",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "Interrupted",
    "LabelNotFound",
    "MemoryLimitExceeded",
    "NQLArithmeticError",
    "NQLIOError",
    "NQLSyntaxError",
    "NQLTypeError",
    "NotSupportedError",
    "OperationalError",
    "ParameterMissing",
    "ProcedureError",
    "ProgrammingError",
    "PropertyNotFound",
    "ProtocolError",
    "SemanticError",
    "TransactionError",
    "Warning",
]


class Warning(Exception):
    """Something important to know that is no error. PEP 249 asks for it; NenDB never raises it,
    its remarks are in `Result.notifications`."""


class Error(Exception):
    """Any failure that NenDB reports; `except nendb.Error` catches them all.

    Attributes:
        code: openCypher's error type, such as `SyntaxError`, or the engine's own.
        detail: what kind of it, such as `UndefinedVariable`; None where there is none.
        gqlstatus: the status code of GQL (ISO/IEC 39075), such as `42001`; None where unknown.
        phase: `compile` for what was found before a row was processed, else `runtime`.
        message: one sentence that states cause and values.
        hint: what to do about it; None when nothing useful can be said.
        line, column: where in the statement, counted from 1; None where unknown.
    """

    code: str = "InterfaceError"
    detail: str | None = None
    gqlstatus: str | None = None
    phase: str = "runtime"
    hint: str | None = None
    line: int | None = None
    column: int | None = None

    def __init__(self, message: str = "", *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self._text: str | None = None

    def __str__(self) -> str:
        if self._text is not None:
            return self._text
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.message,), self.__dict__)


class InterfaceError(Error):
    """The package was used in a way that cannot work: a closed database, a result that was read
    already, a value that has no counterpart in NQL."""


class DatabaseError(Error):
    """What the database reports."""

    code = "DatabaseError"


class DataError(DatabaseError):
    """A value does not fit what is done with it."""


class OperationalError(DatabaseError):
    """The database cannot do it now: files, memory, locks, interruptions."""


class IntegrityError(DatabaseError):
    """A constraint of the database would be violated."""


class InternalError(DatabaseError):
    """The database found itself in a state that should not be."""


class ProgrammingError(DatabaseError):
    """The statement or its use is wrong: syntax, names, parameters, transactions."""


class NotSupportedError(DatabaseError):
    """Something that NenDB does not have."""


class NQLSyntaxError(ProgrammingError):
    """The statement is no NQL, or names what is not there."""

    code = "SyntaxError"


class SemanticError(ProgrammingError):
    """The statement cannot mean what it says."""

    code = "SemanticError"


class NQLTypeError(DataError):
    """A value of another type is needed."""

    code = "TypeError"


class ArgumentError(DataError):
    """A value is of the right type and out of range, or cannot be taken."""

    code = "ArgumentError"


class NQLArithmeticError(DataError):
    """An overflow, or a division of integers by zero."""

    code = "ArithmeticError"


class EntityNotFound(DataError):
    """A node or relationship that does not exist, or was deleted."""

    code = "EntityNotFound"


class PropertyNotFound(DataError):
    """A property that does not exist."""

    code = "PropertyNotFound"


class LabelNotFound(DataError):
    """A label that does not exist."""

    code = "LabelNotFound"


class ParameterMissing(ProgrammingError):
    """The statement has a parameter for which no value was given."""

    code = "ParameterMissing"


class ProcedureError(ProgrammingError):
    """A procedure that does not exist, or that failed."""

    code = "ProcedureError"


class ConstraintVerificationFailed(IntegrityError):
    """The end of a statement found what must not stay, such as a relationship without its node."""

    code = "ConstraintVerificationFailed"


class ConstraintValidationFailed(IntegrityError):
    """A value contradicts a constraint."""

    code = "ConstraintValidationFailed"


class TransactionError(ProgrammingError):
    """A request that breaks the rules of transactions."""

    code = "TransactionError"


class MemoryLimitExceeded(OperationalError):
    """A statement needs more memory than its budget."""

    code = "MemoryLimitExceeded"


class CapacityExceeded(OperationalError):
    """The declared capacity of the database is used up."""

    code = "CapacityExceeded"


class DatabaseBusy(OperationalError):
    """Another process, session or transaction writes."""

    code = "DatabaseBusy"


class NQLIOError(OperationalError):
    """The disk or the operating system refused."""

    code = "IOError"


class CorruptionError(OperationalError):
    """The file contradicts its checksums or its format."""

    code = "CorruptionError"


class Interrupted(OperationalError):
    """The statement was interrupted, or its time was up; it has changed nothing."""

    code = "Interrupted"


class ProtocolError(InterfaceError):
    """A handle or an argument that the engine's interface cannot take."""

    code = "ProtocolError"


def _leaves(base: type[Error]) -> list[type[Error]]:
    found = [base] if "code" in base.__dict__ else []
    for derived in base.__subclasses__():
        found += _leaves(derived)
    return found


_CLASSES: dict[str, type[Error]] = {leaf.code: leaf for leaf in _leaves(Error)}
_CLASSES["DatabaseError"] = OperationalError
_CLASSES["InterfaceError"] = InterfaceError


def from_fields(
    code: str,
    detail: str | None,
    gqlstatus: str | None,
    phase: str,
    message: str,
    hint: str | None,
    line: int,
    column: int,
    text: str | None,
) -> Error:
    """The exception for an error of the engine; the extension calls it."""
    error = _CLASSES.get(code, DatabaseError)(message, hint=hint)
    error.code = code
    error.detail = detail
    error.gqlstatus = gqlstatus
    error.phase = phase
    error.line = line or None
    error.column = column or None
    error._text = text
    return error
