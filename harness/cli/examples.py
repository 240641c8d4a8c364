"""What stands below the options in each command's help: examples to copy, and exit statuses.

In a translation the commands stay as they are.
"""

from harness.language import marked

__all__ = [
    "ASSIGNMENT",
    "BUNDLE",
    "CLASS",
    "DOCTOR",
    "DOUT",
    "EXPLAIN",
    "GRADE",
    "HINT",
    "INIT",
    "PULL",
    "REPORT",
    "SERVE",
    "SERVICE",
    "SUBMIT",
    "WATCH",
]

DOUT = marked("""\
examples:
  dout init chapter5              write the exercise into a new folder
  dout grade layers.py            grade one file
  dout grade a.py b.ipynb c.zip   grade several
  dout grade layers.py --format html --output report.html
  dout grade - < layers.py        grade standard input
  dout class submissions -o out   grade a whole class
  dout watch layers.py            grade it again each time you save
  dout explain MUL-SWAP           what a mistake in a report means
  dout hint MUL-SWAP              a hint at it, one of three
  dout doctor                     how well is a learner's code locked in here?
  dout submit layers.py --server URL --assignment ID      hand in to a service
  dout pull --server URL --assignment ID -o out           bring a class from it
  dout serve                      run such a service

exit status of dout grade:
  0 every check passed   1 some did not   2 wrong use   3 the grader failed
""")
GRADE = marked("""\
A folder is one submission: the file in it that holds the layers is found.

examples:
  dout grade layers.py                      the file you work on
  dout grade files/*.py --isolation B       other people's files: well locked in
  dout grade layers.py --seed 7             other drawn cases
  dout grade layers.py --assignment chapter6/assignment.toml
  curl -s URL | dout grade - --format json  a file, notebook or zip from a pipe
  dout grade layers.py --report json:r.json --report junit:r.xml --fail-under 60

exit status:
  0 every check of every file passed; with --fail-under: no score is below it
  1 some check did not pass, or a file could not be read as Python
  2 wrong use: a path, an option, an assignment; the other files are graded
  3 the grader failed: there is no score for some file
""")
CLASS = marked("""\
examples:
  dout class submissions -o out --roster roster.csv
  dout class moodle.zip -o out --roster roster.csv --similar
  dout class canvas.zip -o out --gradebook canvas=exported.csv
  dout class submissions -o new --compare out    what a new assignment changed

In OUT: grades.csv, summary.md, dashboard.html, report.json, and for each
learner reports/NAME.json and pages/NAME.html. The same command once more
grades what is new or has changed, and goes on after Ctrl-C or a crash.

exit status:
  0 all submissions were graded, whatever their marks
  2 wrong use: a path, an option, an assignment
  3 some could not be graded: the grader failed, or nobody knows whose they are
""")
WATCH = marked("""\
examples:
  dout watch                      layers.py in this folder
  dout watch mine.py --lang ko
  dout watch --plain              for a screen reader: no keys, no clearing

Keys (no Enter needed): h hint, l list, n next mistake, c check all, q quit.
The exit status is 0 when you quit.
""")
INIT = marked("""\
example:
  dout init chapter5
  cd chapter5
  dout grade layers.py    0 points at first: write a method, save, grade again
""")
DOCTOR = marked("""\
example:
  dout doctor             before you grade files of people you do not know

exit status:
  0 every lock that is in force holds   3 one of them does not
""")
REPORT = marked("""\
examples:
  dout report report.json                               at the terminal
  dout report report.json --format html --output r.html
  dout grade layers.py --format json | dout report - --format markdown --lang ko
""")
EXPLAIN = marked("""\
examples:
  dout explain            every code, one line each
  dout explain MUL-SWAP   what this mistake is
  dout explain MUL-SWAP --lang ko
""")
HINT = marked("""\
The first hint is a question, the second a place to look at, the third the rule.

examples:
  dout hint MUL-SWAP      the first hint
  dout hint MUL-SWAP 2    the second
""")
ASSIGNMENT = marked("""\
examples:
  dout assignment new chapter6          one that works, to be changed into yours
  dout assignment check chapter6        after each change of it
  dout assignment show ch05-add-mul     what one that comes with dout asks
  dout grade layers.py --assignment chapter6

exit status:
  0 it is in order   2 something is wrong with it   3 the grader failed
""")
BUNDLE = marked("""\
examples:
  dout bundle gradescope          autograder.zip, to upload to Gradescope
  dout bundle gradescope -o ch5.zip --lang ko --feedback actual-only
  dout bundle gradescope --assignment chapter6/assignment.toml

Your own assignment.toml, its catalogue and the module of its reference layers
are packed too. Upload it, then grade a file of your own there.
""")
SERVE = marked("""\
examples:
  dout serve                                all on this machine, with SQLite
  DOUT_PORT=80 DOUT_HOST=0.0.0.0 dout serve
  DATABASE_URL=postgresql+psycopg://dout@db/dout dout serve
  dout web --config /etc/dout.toml          the pages on one host,
  dout worker --config /etc/dout.toml       and workers on others

exit status:
  0 it was asked to end   2 a setting is wrong   3 the machine cannot grade
""")
SERVICE = marked("""\
examples:
  dout service check      what is wrong with this deployment?
  dout service migrate    after an upgrade, where `dout serve` is not used
  dout service admin      a link for one more administrator
  dout service lti        the addresses that an LMS asks for

exit status of dout service check:
  0 all is well   1 something is wrong   2 a setting is wrong
""")
SUBMIT = marked("""\
The token comes from the page of your account: keep it once by --login, or set
DOUT_TOKEN. Of several calls each is a submission of its own.

examples:
  dout submit --login --server https://grader.example.org
  dout submit layers.py --server https://grader.example.org --assignment ID
  dout submit layers.py --server URL --assignment ID --format json
  dout submit class --roster roster.csv --server URL --assignment ID

The last one hands in for each learner of a class, and shows a table. The same
command once more hands in what is new or has changed, and shows all again.

exit status:
  0 every check passed; of a class: all were graded, whatever their marks
  1 some did not   2 wrong use, or it was refused
  3 it, or some of a class, could not be graded, or the service does not answer
""")
PULL = marked("""\
In OUT: grades.csv, and reports/SUBMISSION.json for each submission with a
grade. The same command once more brings what is new, and goes on after Ctrl-C.

examples:
  dout pull --server https://grader.example.org --assignment ID -o chapter5
  DOUT_TOKEN=dout_... dout pull --server URL --assignment ID -o chapter5

exit status:
  0 all is there   2 wrong use, or it was refused   3 the service does not answer
""")
