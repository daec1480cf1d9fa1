"""One class per engine: how it loads the data folder, answers queries, and names its values."""
import glob
import json
import os
import shutil
import subprocess
import sys
import time

NODES = ["City", "Country", "Continent", "University", "Company", "Tag", "TagClass", "Forum"]
PERSON = [("id", "INT64"), ("firstName", "STRING"), ("lastName", "STRING"), ("gender", "STRING"),
          ("birthday", "DATE"), ("creationDate", "TIMESTAMP"), ("locationIP", "STRING"),
          ("browserUsed", "STRING"), ("age", "INT64"), ("score", "DOUBLE")]
MESSAGE = [("id", "INT64"), ("isPost", "BOOL"), ("creationDate", "TIMESTAMP"), ("length", "INT64"),
           ("content", "STRING")]
# LSQB's files: middle part of the name -> relationship type.
RELATIONSHIPS = [
    "City_isPartOf_Country", "Country_isPartOf_Continent", "University_isLocatedIn_City",
    "Company_isLocatedIn_Country", "Tag_hasType_TagClass", "TagClass_isSubclassOf_TagClass",
    "Person_isLocatedIn_City", "Person_hasInterest_Tag", "Person_studyAt_University",
    "Person_workAt_Company", "Forum_hasModerator_Person", "Forum_hasMember_Person",
    "Forum_hasTag_Tag", "Forum_containerOf_Post", "Post_hasCreator_Person",
    "Comment_hasCreator_Person", "Post_isLocatedIn_Country", "Comment_isLocatedIn_Country",
    "Post_hasTag_Tag", "Comment_hasTag_Tag", "Comment_replyOf_Post", "Comment_replyOf_Comment",
    "Person_likes_Post", "Person_likes_Comment",
]


def remove(path):
    for name in [path] + glob.glob(path + "*"):
        if os.path.isdir(name):
            shutil.rmtree(name)
        elif os.path.exists(name):
            os.remove(name)


def disk_bytes(path):
    total = 0
    for name in set([path] + glob.glob(path + "*")):
        if os.path.isdir(name):
            total += sum(os.path.getsize(os.path.join(folder, file))
                         for folder, _, files in os.walk(name) for file in files)
        elif os.path.isfile(name):
            total += os.path.getsize(name)
    return total


class Nen:
    """NenDB through its command: `nql import` and `nql --json-lines`."""
    dialect = "nql"

    def __init__(self, options):
        self.nql, self.threads = os.path.abspath(options.nql), options.threads
        self.process = None

    def version(self):
        out = subprocess.run([self.nql, "--version"], capture_output=True, text=True, check=True)
        return out.stdout.split()[-1]

    @staticmethod
    def snake(name):
        middle = name.split("_")[1]
        return "".join("_" + c if c.isupper() else c.upper() for c in middle)

    def import_arguments(self, data, work):
        """The arguments of `nql import`; headers with types are written to `work`."""
        os.makedirs(work, exist_ok=True)

        def header(name, text):
            path = os.path.join(work, name + ".header.csv")
            with open(path, "w") as file:
                file.write(text + "\n")
            return path

        kinds = {"INT64": "long", "STRING": "string", "DATE": "date", "TIMESTAMP": "localdatetime",
                 "BOOL": "boolean", "DOUBLE": "double"}
        typed = lambda group, columns: "|".join(
            [f"id:ID({group})"] + [f"{name}:{kinds[kind]}" for name, kind in columns[1:]])
        arguments = ["import", "--delimiter", "|", "--id-type", "integer",
                     "--auto-skip-subsequent-headers", "--threads", str(self.threads)]
        for name in NODES:
            arguments += ["--nodes", f"{name}={data}/projected/{name}.csv"]
        for name, columns in (("Person", PERSON), ("Post", MESSAGE), ("Comment", MESSAGE)):
            labels = name if name == "Person" else f"Message:{name}"
            files = f"{header(name, typed(name, columns))},{data}/props/{name}.csv"
            arguments += ["--nodes", f"{labels}={files}"]
        for name in RELATIONSHIPS:
            arguments += ["--relationships", f"{self.snake(name)}={data}/projected/{name}.csv"]
        knows = header("knows", "src:START_ID(Person)|dst:END_ID(Person)|creationDate:localdatetime")
        arguments += ["--relationships", f"KNOWS={knows},{data}/props/Person_knows_Person.csv"]
        return arguments

    def load(self, data, path):
        remove(path)
        arguments = self.import_arguments(data, path + ".headers")
        started = time.perf_counter()
        process = subprocess.Popen([self.nql] + arguments + [path])
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        shutil.rmtree(path + ".headers")
        if status != 0:
            raise RuntimeError("nql import failed")
        load = dict(seconds=seconds, cpu=usage.ru_utime + usage.ru_stime, peak=usage.ru_maxrss * 1024)
        self.open(path, False)
        started = time.perf_counter()
        for label in ("Person", "Message"):
            try:
                self.query(f"CREATE INDEX {label.lower()}_id FOR (n:{label}) ON (n.id)")
            except RuntimeError as error:
                print(f"nen: no index on {label}(id): {error}", file=sys.stderr)
        load["index_seconds"] = time.perf_counter() - started
        self.close()
        return load

    def open(self, path, read_only=True):
        command = [self.nql, "--json-lines", "--threads", str(self.threads), path]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.query("RETURN 1")

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()

    def cpu(self):
        """Processor time of the command's threads, in seconds."""
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            try:
                with open(path) as file:
                    total += int(file.read().split()[0])
            except OSError:
                pass
        return total * 1e-9

    def query(self, text, parameters=None):
        typed = {k: {"$type": "Integer", "_value": str(v)} for k, v in (parameters or {}).items()}
        request = json.dumps({"query": text, "params": typed}) + "\n"
        self.process.stdin.write(request.encode())
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"nql ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError("{code}: {message}".format(**answer["error"]))
        return [[self.value(v) for v in row] for row in answer["rows"]]

    @staticmethod
    def value(cell):
        kind, value = cell["$type"], cell["_value"]
        if kind == "Integer":
            return int(value)
        if kind == "Float":
            return float(value)
        return value

    def prepare(self, text):
        return lambda parameters: self.query(text, parameters)


class Kuzu:
    """Kuzu, and Ladybug, which continues it: merged messages, KNOWS in both directions."""
    dialect = "cypher"
    EDGES = [
        ("CityCountry", "City", "Country", ["City_isPartOf_Country"]),
        ("CountryContinent", "Country", "Continent", ["Country_isPartOf_Continent"]),
        ("UniversityCity", "University", "City", ["University_isLocatedIn_City"]),
        ("CompanyCountry", "Company", "Country", ["Company_isLocatedIn_Country"]),
        ("TagType", "Tag", "TagClass", ["Tag_hasType_TagClass"]),
        ("SubclassOf", "TagClass", "TagClass", ["TagClass_isSubclassOf_TagClass"]),
        ("PersonCity", "Person", "City", ["Person_isLocatedIn_City"]),
        ("HasInterest", "Person", "Tag", ["Person_hasInterest_Tag"]),
        ("StudyAt", "Person", "University", ["Person_studyAt_University"]),
        ("WorkAt", "Person", "Company", ["Person_workAt_Company"]),
        ("HasModerator", "Forum", "Person", ["Forum_hasModerator_Person"]),
        ("HasMember", "Forum", "Person", ["Forum_hasMember_Person"]),
        ("ForumTag", "Forum", "Tag", ["Forum_hasTag_Tag"]),
        ("ContainerOf", "Forum", "Message", ["Forum_containerOf_Post"]),
        ("HasCreator", "Message", "Person", ["Post_hasCreator_Person", "Comment_hasCreator_Person"]),
        ("MessageCountry", "Message", "Country", ["Post_isLocatedIn_Country", "Comment_isLocatedIn_Country"]),
        ("HasTag", "Message", "Tag", ["Post_hasTag_Tag", "Comment_hasTag_Tag"]),
        ("ReplyOfPost", "Message", "Message", ["Comment_replyOf_Post"]),
        ("ReplyOf", "Message", "Message", ["Comment_replyOf_Post", "Comment_replyOf_Comment"]),
        ("Likes", "Person", "Message", ["Person_likes_Post", "Person_likes_Comment"]),
    ]

    def __init__(self, options, module="kuzu"):
        self.module, self.threads = __import__(module), options.threads

    def version(self):
        return self.module.__version__

    def open(self, path, read_only=True):
        self.database = self.module.Database(path, buffer_pool_size=8 << 30,
                                             max_num_threads=self.threads, read_only=read_only)
        self.connection = self.module.Connection(self.database, num_threads=self.threads)

    def close(self):
        self.connection.close()
        self.database.close()

    def cpu(self):
        return time.process_time()

    def query(self, text, parameters=None):
        result = self.connection.execute(text, parameters or {})
        rows = result.get_all()
        result.close()
        return rows

    def prepare(self, text):
        statement = self.connection.prepare(text)
        return lambda parameters: self.query(statement, parameters)

    def load(self, data, path):
        remove(path)
        started, cpu = time.perf_counter(), time.process_time()
        self.open(path, False)
        columns = lambda list: ", ".join(f"{name} {kind}" for name, kind in list)
        for name in NODES:
            self.query(f"CREATE NODE TABLE {name}(id INT64, PRIMARY KEY(id))")
        for name, list in (("Person", PERSON), ("Message", MESSAGE)):
            self.query(f"CREATE NODE TABLE {name}({columns(list)}, PRIMARY KEY(id))")
        copy = lambda table, files: self.query(
            f"COPY {table} FROM [{', '.join(repr(f) for f in files)}] (HEADER=true, DELIM='|')")
        for name in NODES:
            copy(name, [f"{data}/projected/{name}.csv"])
        copy("Person", [f"{data}/props/Person.csv"])
        copy("Message", [f"{data}/props/Post.csv", f"{data}/props/Comment.csv"])
        for name, source, target, files in self.EDGES:
            self.query(f"CREATE REL TABLE {name}(FROM {source} TO {target})")
            copy(name, [f"{data}/projected/{file}.csv" for file in files])
        self.query("CREATE REL TABLE Knows(FROM Person TO Person, creationDate TIMESTAMP)")
        copy("Knows", [f"{data}/props/Person_knows_Person_bidirectional.csv"])
        self.query("CHECKPOINT")
        self.close()
        return dict(seconds=time.perf_counter() - started, cpu=time.process_time() - cpu, peak=None)


class Duck:
    """DuckDB: foreign keys in the node tables, one table per many-to-many relationship."""
    dialect = "sql"

    def __init__(self, options):
        import duckdb
        self.module, self.threads = duckdb, options.threads

    def version(self):
        return self.module.__version__

    def open(self, path, read_only=True):
        self.connection = self.module.connect(
            path, read_only=read_only, config={"memory_limit": "8GB", "threads": self.threads})

    def close(self):
        self.connection.close()

    def cpu(self):
        return time.process_time()

    def query(self, text, parameters=None):
        return self.connection.execute(text, parameters).fetchall() if parameters \
            else self.connection.execute(text).fetchall()

    def prepare(self, text):
        return lambda parameters: self.query(text, parameters)

    def load(self, data, path):
        remove(path)
        started, cpu = time.perf_counter(), time.process_time()
        self.open(path, False)

        def edge(name, left, right):
            return (f"read_csv('{data}/projected/{name}.csv', delim='|', skip=1, header=false, "
                    f"columns={{'{left}': 'BIGINT', '{right}': 'BIGINT'}})")

        def props(name, columns):
            kinds = {"INT64": "BIGINT", "STRING": "VARCHAR", "BOOL": "BOOLEAN"}
            list = ", ".join(f"'{n}': '{kinds.get(k, k)}'" for n, k in columns)
            return f"read_csv('{data}/props/{name}.csv', delim='|', skip=1, header=false, columns={{{list}}})"

        make = lambda table, text: self.query(f"CREATE TABLE {table} AS {text}")
        make("country", f"FROM {edge('Country_isPartOf_Continent', 'id', 'continent')}")
        make("city", f"FROM {edge('City_isPartOf_Country', 'id', 'country')}")
        make("tag", f"FROM {edge('Tag_hasType_TagClass', 'id', 'class')}")
        make("university", f"FROM {edge('University_isLocatedIn_City', 'id', 'city')}")
        make("company", f"FROM {edge('Company_isLocatedIn_Country', 'id', 'country')}")
        make("forum", f"FROM {edge('Forum_hasModerator_Person', 'id', 'moderator')}")
        make("tag_class", f"SELECT * FROM read_csv('{data}/projected/TagClass.csv', skip=1, "
             "header=false, columns={'id': 'BIGINT'})")
        make("person", f"SELECT p.*, c.city FROM {props('Person', PERSON)} p "
             f"JOIN {edge('Person_isLocatedIn_City', 'id', 'city')} c USING (id)")
        make("post", f"SELECT p.*, a.creator, f.forum, l.country FROM {props('Post', MESSAGE)} p "
             f"JOIN {edge('Post_hasCreator_Person', 'id', 'creator')} a USING (id) "
             f"JOIN {edge('Forum_containerOf_Post', 'forum', 'id')} f USING (id) "
             f"JOIN {edge('Post_isLocatedIn_Country', 'id', 'country')} l USING (id)")
        make("comment", "SELECT c.*, a.creator, l.country, p.parent AS parent_post, "
             f"q.parent AS parent_comment FROM {props('Comment', MESSAGE)} c "
             f"JOIN {edge('Comment_hasCreator_Person', 'id', 'creator')} a USING (id) "
             f"JOIN {edge('Comment_isLocatedIn_Country', 'id', 'country')} l USING (id) "
             f"LEFT JOIN {edge('Comment_replyOf_Post', 'id', 'parent')} p USING (id) "
             f"LEFT JOIN {edge('Comment_replyOf_Comment', 'id', 'parent')} q USING (id)")
        for table, file, left, right in (
                ("has_member", "Forum_hasMember_Person", "forum", "person"),
                ("forum_tag", "Forum_hasTag_Tag", "forum", "tag"),
                ("post_tag", "Post_hasTag_Tag", "post", "tag"),
                ("comment_tag", "Comment_hasTag_Tag", "comment", "tag"),
                ("interest", "Person_hasInterest_Tag", "person", "tag"),
                ("likes_post", "Person_likes_Post", "person", "message"),
                ("likes_comment", "Person_likes_Comment", "person", "message"),
                ("study_at", "Person_studyAt_University", "person", "university"),
                ("work_at", "Person_workAt_Company", "person", "company")):
            make(table, f"FROM {edge(file, left, right)}")
        make("knows", f"FROM read_csv('{data}/props/Person_knows_Person_bidirectional.csv', delim='|', "
             "skip=1, header=false, columns={'a': 'BIGINT', 'b': 'BIGINT', 'creationDate': 'TIMESTAMP'})")
        for view, text in (
                ("message_tag", "SELECT post AS message, tag FROM post_tag UNION ALL FROM comment_tag"),
                ("message_creator", "SELECT id AS message, creator FROM post UNION ALL SELECT id, creator FROM comment"),
                ("likes", "FROM likes_post UNION ALL FROM likes_comment"),
                ("reply", "SELECT id AS comment, parent_post AS parent FROM comment WHERE parent_post IS NOT NULL "
                 "UNION ALL SELECT id, parent_comment FROM comment WHERE parent_comment IS NOT NULL"),
                ("message", "SELECT id, isPost, creationDate, length, content, creator FROM post "
                 "UNION ALL SELECT id, isPost, creationDate, length, content, creator FROM comment")):
            self.query(f"CREATE VIEW {view} AS {text}")
        self.query("CHECKPOINT")
        seconds, used = time.perf_counter() - started, time.process_time() - cpu
        for table, column in (("person", "id"), ("post", "id"), ("comment", "id"), ("knows", "a"),
                              ("post", "creator"), ("comment", "creator")):
            self.query(f"CREATE INDEX {table}_{column} ON {table}({column})")
        self.query("CHECKPOINT")
        index = time.perf_counter() - started - seconds
        self.close()
        return dict(seconds=seconds, cpu=used, peak=None, index_seconds=index)


def make(name, options):
    if name == "nen":
        return Nen(options)
    if name == "duckdb":
        return Duck(options)
    return Kuzu(options, name)
