"""One file per upstream protocol; each answers with an `UpstreamIdentity` and never acts."""
