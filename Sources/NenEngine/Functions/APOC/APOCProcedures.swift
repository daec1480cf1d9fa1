// APOCProcedures: the procedures of Neo4j's APOC library that programs call most, under its names,
// written in the language but for searches by cost (APOCAlgorithms): the planner puts their clauses
// in the place of a call. What differs from APOC: texts of queries, and what decides the shape of a
// pattern, are written out in the call; batches run one after the other; nothing is virtual, and
// nothing is locked by hand.

import NenCore

/// All procedures `apoc.…` that are clauses.
enum APOCProcedures {
    static let all: [Procedure] =
        creation + merging + changes + APOCControl.all + APOCPaths.all + APOCAlgorithms.all

    /// A procedure that is clauses over its inputs.
    static func written(
        _ name: String, _ inputs: [ProcedureField], to outputs: KeyValuePairs<String, NQLType>,
        _ summary: String, _ place: WrittenProcedure.Place = .subquery,
        text: @escaping @Sendable ([WrittenArgument]) throws(NQLError) -> String
    ) -> Procedure {
        Procedure(
            signature: ProcedureSignature(
                name: name, inputs: inputs,
                outputs: outputs.map { ProcedureField(name: $0.key, type: $0.value) },
                summary: summary),
            body: .written(WrittenProcedure(place, text: text)))
    }

    /// An input, which may be left out where it has a value then.
    static func input(_ name: String, _ type: NQLType, _ value: Value? = nil) -> ProcedureField {
        ProcedureField(name: name, type: type, defaultValue: value)
    }

    /// `:A:B` for names that are written out, else `:$(variable)`.
    static func labels(_ argument: WrittenArgument, _ variable: String) -> String {
        guard case .constant(.list(let items)) = argument else { return ":$(\(variable))" }
        var text = ""
        for item in items {
            guard case .string(let name) = item, !name.isEmpty else { return ":$(\(variable))" }
            text += ":" + quoted(name)
        }
        return text
    }

    /// `:TYPE` for a name that is written out, else `:$(variable)`.
    static func type(_ argument: WrittenArgument, _ variable: String) -> String {
        guard case .constant(.string(let name)) = argument else { return ":$(\(variable))" }
        return ":" + quoted(name)
    }

    /// A name in backticks.
    static func quoted(_ name: String) -> String {
        // By scalars: a combining mark would make one character of a backtick and itself.
        name.unicodeScalars.reduce("`") { $0 + ($1 == "`" ? "``" : String($1)) } + "`"
    }

    /// The keys of a map that is written out; nil for one that is computed.
    static func keys(_ argument: WrittenArgument) -> [String]? {
        switch argument {
        case .map(let entries): entries.map(\.0)
        case .constant(.map(let map)): map.keys.sorted()
        default: nil
        }
    }

    private static let list = NQLType.list(.any)

    // MARK: Making

    private static let creation: [Procedure] = [
        written(
            "apoc.create.node", [input("labels", list), input("props", .map)],
            to: ["node": .node], "Makes a node with labels and properties that are computed."
        ) { arguments in
            "CREATE (node\(labels(arguments[0], "labels"))) SET node = props"
        },
        written(
            "apoc.create.nodes", [input("labels", list), input("props", list)],
            to: ["node": .node], "Makes a node for each map of properties."
        ) { arguments in
            "UNWIND props AS one CREATE (node\(labels(arguments[0], "labels"))) SET node = one"
        },
        written(
            "apoc.create.relationship",
            [
                input("from", .node), input("relType", .string), input("props", .map),
                input("to", .node),
            ], to: ["rel": .relationship],
            "Makes a relationship of a type that is computed."
        ) { arguments in
            "CREATE (from)-[rel\(type(arguments[1], "relType"))]->(to) SET rel = props"
        },
        written(
            "db.create.setNodeVectorProperty",
            [input("node", .node), input("key", .string), input("vector", .any)], to: [:],
            "Sets a property to a list of numbers."
        ) { _ in "SET node[key] = [x IN vector | toFloat(x)]" },
        written(
            "db.create.setRelationshipVectorProperty",
            [input("relationship", .relationship), input("key", .string), input("vector", .any)],
            to: [:], "Sets a property to a list of numbers."
        ) { _ in "SET relationship[key] = [x IN vector | toFloat(x)]" },
        written(
            "db.create.setVectorProperty",
            [input("node", .node), input("key", .string), input("vector", .any)],
            to: ["node": .node], "Sets a property to a list of numbers."
        ) { _ in "SET node[key] = [x IN vector | toFloat(x)]" },
    ]

    // MARK: Finding or making

    private static let nodeInputs = [
        input("labels", list), input("identProps", .map), input("onCreateProps", .map, .map([:])),
        input("onMatchProps", .map, .map([:])),
    ]

    private static let relationshipInputs = [
        input("startNode", .node), input("relType", .string), input("identProps", .map),
        input("onCreateProps", .map), input("endNode", .node),
        input("onMatchProps", .map, .map([:])),
    ]

    private static let merging: [Procedure] =
        ["apoc.merge.node", "apoc.merge.node.eager"].map { name in
            written(
                name, nodeInputs, to: ["node": .node],
                "MERGE of a node whose labels and keys are computed.", text: mergedNode)
        }
        + ["apoc.merge.relationship", "apoc.merge.relationship.eager"].map { name in
            written(
                name, relationshipInputs, to: ["rel": .relationship],
                "MERGE of a relationship whose type and keys are computed.",
                text: mergedRelationship)
        }

    /// `{a: map.a, …}`
    private static func entries(_ keys: [String], of map: String) -> String {
        "{" + keys.map { "\(quoted($0)): \(map).\(quoted($0))" }.joined(separator: ", ") + "}"
    }

    private static let mergedNode: @Sendable ([WrittenArgument]) throws(NQLError) -> String = {
        arguments in
        let labels = labels(arguments[0], "labels")
        if let keys = keys(arguments[1]) {
            return "MERGE (node\(labels) \(entries(keys, of: "identProps"))) "
                + "ON CREATE SET node += coalesce(onCreateProps, {}) "
                + "ON MATCH SET node += coalesce(onMatchProps, {})"
        }
        return """
            CALL (labels, identProps) {
              OPTIONAL MATCH (one\(labels))
              WHERE all(key IN keys(identProps) WHERE one[key] = identProps[key])
              RETURN collect(one) AS found
            }
            CALL (*) {
              WHEN size(found) > 0 THEN {
                UNWIND found AS node SET node += coalesce(onMatchProps, {}) RETURN node
              } ELSE {
                CREATE (node\(labels)) SET node = identProps, node += coalesce(onCreateProps, {})
                RETURN node
              }
            }
            """
    }

    private static let mergedRelationship:
        @Sendable ([WrittenArgument]) throws(NQLError) -> String = { arguments in
            let type = type(arguments[1], "relType")
            if let keys = keys(arguments[2]) {
                let entries = entries(keys, of: "identProps")
                return "MERGE (startNode)-[rel\(type) \(entries)]->(endNode) "
                    + "ON CREATE SET rel += coalesce(onCreateProps, {}) "
                    + "ON MATCH SET rel += coalesce(onMatchProps, {})"
            }
            return """
                CALL (startNode, endNode, relType, identProps) {
                  OPTIONAL MATCH (startNode)-[one\(type)]->(endNode)
                  WHERE all(key IN keys(identProps) WHERE one[key] = identProps[key])
                  RETURN collect(one) AS found
                }
                CALL (*) {
                  WHEN size(found) > 0 THEN {
                    UNWIND found AS rel SET rel += coalesce(onMatchProps, {}) RETURN rel
                  } ELSE {
                    CREATE (startNode)-[rel\(type)]->(endNode)
                    SET rel = coalesce(identProps, {}), rel += coalesce(onCreateProps, {})
                    RETURN rel
                  }
                }
                """
        }

    // MARK: Changing

    /// The nodes of an argument: one, or a list.
    private static let eachNode = "UNWIND nodes AS node"

    private static func nodeChange(
        _ name: String, _ inputs: [ProcedureField], _ summary: String,
        text: @escaping @Sendable ([WrittenArgument]) throws(NQLError) -> String
    ) -> Procedure {
        written(
            name, [input("nodes", .any)] + inputs, to: ["node": .node], summary, text: text)
    }

    private static let changes: [Procedure] = [
        nodeChange(
            "apoc.create.addLabels", [input("labels", list)],
            "Gives a node, or each of a list, more labels."
        ) { arguments in "\(eachNode) SET node\(labels(arguments[1], "labels"))" },
        nodeChange(
            "apoc.create.removeLabels", [input("labels", list)],
            "Takes labels off a node, or off each of a list."
        ) { arguments in "\(eachNode) REMOVE node\(labels(arguments[1], "labels"))" },
        nodeChange(
            "apoc.create.setLabels", [input("labels", list)],
            "Gives a node, or each of a list, these labels in the place of its own."
        ) { arguments in
            "\(eachNode) REMOVE node:$(labels(node)) SET node\(labels(arguments[1], "labels"))"
        },
        nodeChange(
            "apoc.create.setProperty", [input("key", .string), input("value", .any)],
            "Sets a property whose key is computed."
        ) { _ in "\(eachNode) SET node[key] = value" },
        nodeChange(
            "apoc.create.setProperties", [input("keys", list), input("values", list)],
            "Sets properties whose keys are computed."
        ) { _ in "\(eachNode) SET node += apoc.map.fromLists(keys, values)" },
        nodeChange(
            "apoc.create.removeProperties", [input("keys", list)],
            "Removes properties whose keys are computed."
        ) { _ in "\(eachNode) SET node += apoc.map.fromPairs([key IN keys | [key, null]])" },
        written(
            "apoc.create.setRelProperty",
            [input("rels", .any), input("key", .string), input("value", .any)],
            to: ["rel": .relationship], "Sets a property of a relationship, or of each of a list."
        ) { _ in "UNWIND rels AS rel SET rel[key] = value" },
        written(
            "apoc.create.setRelProperties",
            [input("rels", .any), input("keys", list), input("values", list)],
            to: ["rel": .relationship], "Sets properties of a relationship, or of each of a list."
        ) { _ in "UNWIND rels AS rel SET rel += apoc.map.fromLists(keys, values)" },
        written(
            "apoc.nodes.delete", [input("nodes", .any), input("batchSize", .integer, .integer(0))],
            to: ["value": .integer], "Deletes nodes with their relationships; how many."
        ) { _ in
            "UNWIND [node IN nodes WHERE node IS NOT NULL] AS node DETACH DELETE node "
                + "WITH count(*) AS value"
        },
        written(
            "apoc.refactor.setType", [input("rel", .relationship), input("newType", .string)],
            to: ["input": .integer, "output": .relationship, "error": .string],
            "Makes a relationship anew with another type."
        ) { arguments in
            "WITH rel, id(rel) AS input, startNode(rel) AS a, endNode(rel) AS b, "
                + "properties(rel) AS props, newType "
                + "CREATE (a)-[output\(type(arguments[1], "newType"))]->(b) SET output = props "
                + "DELETE rel WITH input, output, null AS error"
        },
        written(
            "apoc.refactor.rename.label",
            [input("oldLabel", .string), input("newLabel", .string)], to: ["total": .integer],
            "Gives all nodes of a label another one in its place."
        ) { arguments in
            "OPTIONAL MATCH (node\(type(arguments[0], "oldLabel"))) "
                + "SET node\(type(arguments[1], "newLabel")) "
                + "REMOVE node\(type(arguments[0], "oldLabel")) WITH count(node) AS total"
        },
        written(
            "apoc.refactor.rename.nodeProperty",
            [input("oldName", .string), input("newName", .string)], to: ["total": .integer],
            "Gives a property of all nodes another key."
        ) { _ in
            "OPTIONAL MATCH (node) WHERE node[oldName] IS NOT NULL "
                + "SET node[newName] = node[oldName] SET node[oldName] = null "
                + "WITH count(node) AS total"
        },
        written(
            "apoc.refactor.mergeNodes",
            [input("nodes", list), input("config", .map, .map([:]))], to: ["node": .node],
            "Makes one node of several: relationships go to the first, labels are joined; "
                + "`properties` of the config is 'discard', 'overwrite' (the rule) or 'combine'.",
            text: mergedNodes),
    ]

    /// Whether a config of `apoc.refactor.mergeNodes` merges parallel relationships, too. What is
    /// not known is refused, as it would change what is kept.
    private static func mergesRelationships(_ config: WrittenArgument) throws(NQLError) -> Bool {
        let entries: [(String, WrittenArgument)]
        switch config {
        case .map(let given): entries = given
        case .constant(.map(let given)): entries = given.map { ($0.key, .constant($0.value)) }
        default: return false
        }
        var merges = false
        let rules: [Value] = ["discard", "combine", "overwrite", "override"].map { .string($0) }
        for (key, argument) in entries {
            guard case .constant(let value) = argument else { continue }
            switch (key, value) {
            case ("properties", _) where rules.contains(value): break
            case ("mergeRels", .boolean(let isSet)): merges = isSet
            case ("produceSelfRel", .boolean(true)): break
            default:
                throw .syntax(
                    "InvalidArgumentValue",
                    "`apoc.refactor.mergeNodes` does not know this `\(key)`.", at: .none,
                    hint: "`properties` is 'discard', 'combine' or 'overwrite', `mergeRels` true "
                        + "or false.")
            }
        }
        return merges
    }

    /// Makes one of relationships of a type between the same nodes.
    private static func mergedParallels(_ pattern: String) -> String {
        """

        CALL (node, rule) {
          MATCH \(pattern)
          WITH type(r) AS type, b, rule, collect(r) AS all
          WITH all[0] AS first, all[1..] AS more, rule
          FOREACH (r IN more |
            SET first += CASE rule WHEN 'overwrite' THEN properties(r)
              ELSE map.merge(properties(r), properties(first)) END
            DELETE r)
        }
        """
    }

    private static let mergedNodes: @Sendable ([WrittenArgument]) throws(NQLError) -> String = {
        arguments throws(NQLError) in
        let mergesToo = arguments.count > 1 ? try mergesRelationships(arguments[1]) : false
        let incoming = "(node)<-[r]-(b) WHERE b <> node"
        let parallels = mergesToo
            ? mergedParallels("(node)-[r]->(b)") + mergedParallels(incoming) : ""
        return """
        WITH coll.distinct([one IN nodes WHERE one IS NOT NULL]) AS nodes, config
        WITH nodes[0] AS node, nodes[1..] AS others,
          CASE WHEN config.properties IN ['discard', 'combine'] THEN config.properties
            ELSE 'overwrite' END AS rule
        CALL (node, others, rule) {
          UNWIND others AS other
          CALL (node, other) {
            MATCH (other)-[r]->(b)
            WITH node, r, CASE WHEN b = other THEN node ELSE b END AS b
            CREATE (node)-[n:$(type(r))]->(b) SET n = properties(r)
          }
          CALL (node, other) {
            MATCH (other)<-[r]-(b) WHERE b <> other
            CREATE (node)<-[n:$(type(r))]-(b) SET n = properties(r)
          }
          SET node:$(labels(other))
          SET node += CASE rule
            WHEN 'discard' THEN map.merge(properties(other), properties(node))
            WHEN 'combine' THEN map.merge(map.merge(properties(other), properties(node)),
              apoc.map.fromPairs([k IN keys(other)
                WHERE node[k] IS NOT NULL AND node[k] <> other[k] |
                [k, coll.distinct(apoc.convert.toList(node[k])
                  + apoc.convert.toList(other[k]))]]))
            ELSE properties(other) END
          DETACH DELETE other
        }
        """ + parallels
    }
}
