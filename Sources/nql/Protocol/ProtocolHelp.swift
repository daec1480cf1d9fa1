// ProtocolHelp: what `nql help json-lines` prints: the protocol for programs.

/// The protocol in words.
enum ProtocolHelp {
    static let text = #"""
        nql --json-lines [DATABASE] reads one JSON object a line from standard input and answers
        each with one JSON object a line on standard output, in order. It ends, with status 0, at
        the end of its input. Messages for people go to standard error.

        Requests
          {"query":"RETURN $n AS x","params":{"n":7}}
                          runs one statement: one of its own, or one of a transaction between
                          BEGIN and COMMIT; `params` may be left out
          {"query":"MATCH (n) RETURN n","fetch":1000}
                          the same, but at most so many rows; `more` in the answer tells whether
                          there may be others, for {"fetch":1000} to go on with them; any other
                          request gives them up
          {"reset":true}  goes on with an empty graph in memory
          {"procedure":{"name":"p","inputs":[["a","INTEGER?"]],"outputs":[["b","STRING?"]],
            "rows":[[1,"x"]]}}
                          registers a procedure that yields the rows whose inputs fit

        Answers
          {"columns":["x"],"rows":[[VALUE]],"counters":{"nodesCreated":0,...}}
                          with `notifications` (severity, code, gqlstatus, message, hint, line,
                          column) where there are any, and `more` where `fetch` was given
          {"rows":[[VALUE]],"more":false}
                          to `fetch` alone
          {"ok":true}     to `reset` and `procedure`
          {"error":{"code":"SyntaxError","detail":"UndefinedVariable","phase":"compile",
            "gqlstatus":"42002","message":"...","hint":"...","line":1,"column":8}}
                          a statement that fails changes nothing. A result of more than a
                          megabyte is written while it is read: should it fail then, `error`
                          follows `rows` in the same object.

        Values are objects of `$type` and `_value`:
          Null, Boolean   null, true, false
          Integer, Float  texts, so that no digit is lost: "-9223372036854775808", "1e-05", "NaN"
          String          a text
          List, Map       an array, an object of values
          Date, LocalTime, Time, LocalDateTime, OffsetDateTime, ZonedDateTime, Duration
                          texts in the forms of ISO 8601
          Point           "SRID=7203;POINT (1.0 2.0)"
          Node            _element_id, _labels, _properties
          Relationship    _element_id, _start_node_element_id, _end_node_element_id, _type,
                          _properties
          Path            an array of node, relationship, node, ...
        Parameters take all but the last three, and plain JSON: null, truth values, numbers
        (Integer without a fraction or an exponent), texts, arrays, and objects without `$type`.
        """#
}
