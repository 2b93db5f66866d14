"""Tables from outside - CSV, CSV.gz, zip, Parquet - read and checked before anybody uses them."""
