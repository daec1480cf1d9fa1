// CellText: values as text, as `toString` and string concatenation give it. Floats are written with
// the fewest digits that read back as the same number: plain from 0.001 up to 10,000,000, else with
// an exponent, always with a decimal point: 1.0, 0.25, 1.0E10. Messages show values shortened.

import NenCore

/// Text of scalar cells.
enum CellText {
    /// The text of a string, number, boolean or temporal value as a string cell; nil of others.
    static func string(
        _ cell: Cell, _ context: inout FunctionContext
    ) throws(NQLError) -> Cell? {
        switch cell.tag {
        case .string: return cell
        case .boolean: return Cell(shortString: cell.boolean ? "true" : "false")
        case .integer: return try context.builder.string(String(cell.integer))
        case .float: return try context.builder.string(text(of: cell.float))
        case .date, .localTime, .time, .localDateTime, .dateTime, .duration:
            guard let text = try temporalText(cell, context.base) else { return nil }
            return try context.builder.string(text)
        case .point: return try context.builder.string(try context.base.point(cell).description)
        case .null, .list, .map, .node, .relationship, .path: return nil
        }
    }

    /// A value as messages show it: quoted, cut where it is long, and only named where it has parts
    /// of its own.
    static func shown(_ cell: Cell, _ base: HeapBase) throws(NQLError) -> String {
        switch cell.tag {
        case .null: return "null"
        case .boolean: return cell.boolean ? "true" : "false"
        case .integer: return String(cell.integer)
        case .float: return text(of: cell.float)
        case .string: return shown(base.string(cell))
        case .point: return try base.point(cell).description
        case .list:
            let cells = base.cells(cell)
            var parts: [String] = []
            for index in 0 ..< min(cell.count, 5) { parts.append(try shown(cells[index], base)) }
            return "[" + parts.joined(separator: ", ") + (cell.count > 5 ? ", …]" : "]")
        default:
            return try temporalText(cell, base).map { "'\($0)'" } ?? "a \(cell.tag.typeName)"
        }
    }

    private static func shown(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let start = String(String.UnicodeScalarView(scalars.prefix(40)))
        return "'" + start + (scalars.count > 40 ? "…'" : "'")
    }

    private static func temporalText(
        _ cell: Cell, _ base: HeapBase
    ) throws(NQLError) -> String? {
        switch cell.tag {
        case .date: return base.date(cell).description
        case .localTime: return base.localTime(cell).description
        case .time: return base.time(cell).description
        case .localDateTime: return base.localDateTime(cell).description
        case .dateTime: return try base.dateTime(cell).description
        case .duration: return base.duration(cell).description
        default: return nil
        }
    }

    /// The text of a float.
    static func text(of number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        let sign = number.sign == .minus ? "-" : ""
        if number == 0 { return sign + "0.0" }
        let (digits, exponent) = decimal(number.magnitude)
        if exponent >= -3 && exponent < 7 {
            return sign + plain(digits, exponent)
        }
        let rest = digits.dropFirst()
        return sign + String(digits.prefix(1)) + "." + (rest.isEmpty ? "0" : String(rest))
            + "E\(exponent)"
    }

    private static func plain(_ digits: String, _ exponent: Int) -> String {
        if exponent < 0 {
            return "0." + String(repeating: "0", count: -exponent - 1) + digits
        }
        let whole = exponent + 1
        if digits.utf8.count <= whole {
            return digits + String(repeating: "0", count: whole - digits.utf8.count) + ".0"
        }
        return String(digits.prefix(whole)) + "." + String(digits.dropFirst(whole))
    }

    /// Significant digits (without trailing zeros) and the exponent of the first one.
    static func decimal(_ number: Double) -> (digits: String, exponent: Int) {
        var mantissa: [UInt8] = []
        var exponent = 0
        var pointPlace: Int?
        var seenExponent = false
        var exponentText = ""
        for byte in number.description.utf8 {
            if seenExponent {
                if byte != UInt8(ascii: "+") { exponentText.unicodeScalars.append(.init(byte)) }
            } else if byte == UInt8(ascii: ".") {
                pointPlace = mantissa.count
            } else if byte == UInt8(ascii: "e") {
                seenExponent = true
            } else {
                mantissa.append(byte)
            }
        }
        exponent = (Int(exponentText) ?? 0) + (pointPlace ?? mantissa.count) - 1
        let leading = mantissa.prefix { $0 == 0x30 }.count
        exponent -= leading
        mantissa.removeFirst(leading)
        while mantissa.count > 1, mantissa.last == 0x30 { mantissa.removeLast() }
        return (String(decoding: mantissa, as: UTF8.self), exponent)
    }
}
