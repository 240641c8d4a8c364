"""dout with an assignment in it, packed for a service that grades: one zip."""
