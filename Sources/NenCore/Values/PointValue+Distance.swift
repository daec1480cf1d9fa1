// PointValue+Distance: distances and boxes. On Earth the great circle on a sphere, by the haversine
// formula; heights by Pythagoras on top of it, the sphere taken at the average height.

import Glibc

extension PointValue {
    /// Radius of the sphere that stands for Earth, in metres.
    static let earthRadius = 6_378_140.0

    /// The distance to a point of the same system, in its unit or in metres; nil for another
    /// system.
    public func distance(to other: PointValue) -> Double? {
        guard system == other.system else { return nil }
        if !system.isGeographic {
            let (dx, dy, dz) = (x - other.x, y - other.y, z - other.z)
            let squares = dx * dx + dy * dy
            return (squares + dz * dz).squareRoot()
        }
        let radians = Double.pi / 180
        let (latitude, otherLatitude) = (y * radians, other.y * radians)
        let sinLatitude = sin((otherLatitude - latitude) / 2)
        let sinLongitude = sin((other.x * radians - x * radians) / 2)
        let cosines = cos(latitude) * cos(otherLatitude)
        let haversine = sinLatitude * sinLatitude + cosines * sinLongitude * sinLongitude
        let angle = 2 * atan2(haversine.squareRoot(), max(0, 1 - haversine).squareRoot())
        let ground = (PointValue.earthRadius + (z + other.z) / 2) * angle
        let height = z - other.z
        return (ground * ground + height * height).squareRoot()
    }

    /// Whether the point lies in a box, its edges included; nil when the three are not of one
    /// system. A box whose west edge lies east of its east edge crosses the 180th meridian.
    public func isWithin(lowerLeft: PointValue, upperRight: PointValue) -> Bool? {
        guard system == lowerLeft.system, system == upperRight.system else { return nil }
        guard y >= lowerLeft.y, y <= upperRight.y, z >= lowerLeft.z, z <= upperRight.z else {
            return false
        }
        if system.isGeographic, lowerLeft.x > upperRight.x {
            return x >= lowerLeft.x || x <= upperRight.x
        }
        return x >= lowerLeft.x && x <= upperRight.x
    }
}
