"""The whole: settings, addresses, assembly of the API, the command line and the sample company."""
