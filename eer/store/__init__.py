"""The register's versions and indexes in a relational database."""
