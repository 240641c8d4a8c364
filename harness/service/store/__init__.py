"""What is asked of the database: functions of a connection, in whose transaction they work."""
