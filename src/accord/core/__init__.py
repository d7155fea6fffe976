"""What every room needs: roles and scope, the ledger, table nouns, two keys, jobs, statements, files.

Owns the nouns account, role grant, ledger entry, job and API token; knows no noun of the business.
"""
