// Version: the release that this is built from.

/// NenDB's version.
public enum NenDBVersion {
    /// Semantic version of this release.
    public static let current = "0.1.0"
}
