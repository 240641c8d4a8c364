"""What is asked of the database, one module for each matter: functions of a connection, in whose transaction they work."""
