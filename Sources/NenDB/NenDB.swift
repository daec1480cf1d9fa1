// NenDB: what a program imports. `Value`, `NQLError`, the catalog and the statistics come from
// NenCore and are part of this module's interface.

@_exported import NenCore
