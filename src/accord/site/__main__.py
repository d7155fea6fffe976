"""`python -m accord.site` is the `accord` command."""

from accord.site.command_line import main

main()
