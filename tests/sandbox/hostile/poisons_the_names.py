"""Its exceptions carry names and texts that mean something to a terminal, a browser, a CI log or a text renderer."""
bad = (
    "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\u2066\u200b\u2028\u2029\ufeff\U000e0041\r\n::error::passed\n"
    "##[error]x\n##vso[task.complete]<script>alert(1)</script>[red]x[/red]{{7*7}}\ue000"
)
Bad = type("E" + bad, (Exception,), {})


class MulLayer(RightMul):
    def forward(self, x, y):
        raise Bad(bad + "\x00")


globals()["Add" + bad] = type("Add" + bad, (), {})
raise Bad(bad)
