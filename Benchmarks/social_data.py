"""A social network in the schema of LDBC's LSQB, with properties; numpy only, seeded.

Folders under the target:
  projected/  node files with identifiers and one file per relationship type, headers as
              `neo4j-admin database import` has them, delimiter |
  props/      Person, Post, Comment with their properties, Person_knows_Person with its time
              (and a copy with both directions)

Persons live in cities of skewed size and know people near them in (country, city) order and near
them in order of interest, which gives triangles; degrees, tags, forums and threads are skewed.
"""
import json
import os
import sys
import time

import numpy as np

BASE_TIME = 1_262_304_000  # 2010-01-01
SPAN = 3 * 365 * 86_400


def skewed(n, exponent):
    weights = 1.0 / np.arange(1, n + 1) ** exponent
    return np.cumsum(weights / weights.sum())


class Generator:
    def __init__(self, scale, seed, target):
        self.scale, self.target = scale, target
        self.random = np.random.default_rng(seed)
        self.rows = 0
        for folder in ("projected", "props"):
            os.makedirs(os.path.join(target, folder), exist_ok=True)

    def draw(self, cumulative, n):
        return np.searchsorted(cumulative, self.random.random(n)).clip(0, len(cumulative) - 1)

    def write(self, folder, name, header, *columns):
        """Columns are arrays of integers or lists of text."""
        path = os.path.join(self.target, folder, name + ".csv")
        form = "|".join("%d" if isinstance(c, np.ndarray) else "%s" for c in columns)
        lists = [c.tolist() if isinstance(c, np.ndarray) else c for c in columns]
        n = len(lists[0])
        with open(path, "w", buffering=1 << 20) as file:
            file.write(header + "\n")
            for low in range(0, n, 200_000):
                part = zip(*(values[low:low + 200_000] for values in lists))
                file.write("\n".join(map(form.__mod__, part)) + "\n")
        self.rows += n

    def node(self, name, ids):
        self.write("projected", name, f"id:ID({name})", ids)

    def edge(self, name, source, target):
        first, last = name.split("_")[0], name.split("_")[-1]
        self.write("projected", name, f":START_ID({first})|:END_ID({last})", source, target)

    def pairs(self, left, right, width):
        """Distinct (left, right) pairs."""
        keys = np.unique(left.astype(np.int64) * width + right)
        return keys // width, keys % width

    def run(self):
        r, s = self.random, self.scale
        persons = max(200, int(11_000 * s ** 0.85))
        forums, posts, comments = int(100_000 * s), int(1_100_000 * s), int(2_000_000 * s)
        cities, countries, tags, classes = 1_343, 111, max(500, int(16_080 * min(1, s ** 0.5))), 71
        universities, companies = 6_380, 1_575
        city_country = self.draw(skewed(countries, 0.8), cities)
        tag_class = r.integers(0, classes, tags)
        tag_weights = skewed(tags, 0.75)

        self.places(cities, countries, city_country, universities, companies, tags, tag_class, classes)
        person_id = r.permutation(np.arange(persons, dtype=np.int64) * 4_398_046 + 933)
        city = self.draw(skewed(cities, 0.6), persons)
        created = BASE_TIME + (r.random(persons) ** 0.7 * SPAN).astype(np.int64)
        interest_p = np.repeat(np.arange(persons), 1 + r.poisson(20, persons))
        interest_p, interest_t = self.pairs(interest_p, self.draw(tag_weights, interest_p.size), tags)
        friend_a, friend_b, known = self.friends(persons, city, city_country, interest_p, interest_t, created)
        self.people(persons, person_id, city, created, interest_p, interest_t, universities, companies)
        self.friendships(person_id, friend_a, friend_b, known)

        ends = np.concatenate([friend_a, friend_b])
        others = np.concatenate([friend_b, friend_a])
        order = np.argsort(ends, kind="stable")
        neighbours = others[order]
        starts = np.searchsorted(ends[order], np.arange(persons + 1))

        def friend_of(p):
            degree = starts[p + 1] - starts[p]
            place = np.minimum(starts[p] + (r.random(p.size) * degree).astype(np.int64), neighbours.size - 1)
            return np.where(degree > 0, neighbours[place], p)

        degree = np.diff(starts) + 1.0
        activity = np.cumsum(degree / degree.sum())
        forum_id = r.permutation(np.arange(forums, dtype=np.int64) * 11 + 5)
        moderator = self.draw(activity, forums)
        size = np.clip(r.pareto(1.15, forums) + 1, 1, 0.3 * persons)
        size *= 30.7 * forums / size.sum()
        member_f = np.repeat(np.arange(forums), r.poisson(size))
        member_p = friend_of(moderator[member_f])
        far = r.random(member_f.size) > 0.5
        member_p[far] = friend_of(member_p[far])
        wide = r.random(member_f.size) > 0.9
        member_p[wide] = self.draw(activity, int(wide.sum()))
        member_f, member_p = self.pairs(member_f, member_p, persons)
        forum_tag_f = np.repeat(np.arange(forums), 1 + r.poisson(2.3, forums))
        forum_tag_f, forum_tag_t = self.pairs(forum_tag_f, self.draw(tag_weights, forum_tag_f.size), tags)
        self.node("Forum", forum_id)
        self.edge("Forum_hasModerator_Person", forum_id, person_id[moderator])
        self.edge("Forum_hasMember_Person", forum_id[member_f], person_id[member_p])
        self.edge("Forum_hasTag_Tag", forum_id[forum_tag_f], forum_tag_t)
        self.messages(persons, person_id, city_country[city], friend_of, activity, forums, forum_id,
                      moderator, size, posts, comments, tags, tag_weights, countries)
        with open(os.path.join(self.target, "stats.json"), "w") as file:
            json.dump({"rows": self.rows, "scale": s, "persons": persons}, file)

    def places(self, cities, countries, city_country, universities, companies, tags, tag_class, classes):
        r = self.random
        for name, n in (("City", cities), ("Country", countries), ("Continent", 6),
                        ("University", universities), ("Company", companies), ("Tag", tags),
                        ("TagClass", classes)):
            self.node(name, np.arange(n))
        self.edge("City_isPartOf_Country", np.arange(cities), city_country)
        self.edge("Country_isPartOf_Continent", np.arange(countries), np.arange(countries) % 6)
        self.edge("University_isLocatedIn_City", np.arange(universities), r.integers(0, cities, universities))
        self.edge("Company_isLocatedIn_Country", np.arange(companies), r.integers(0, countries, companies))
        self.edge("Tag_hasType_TagClass", np.arange(tags), tag_class)
        self.edge("TagClass_isSubclassOf_TagClass", np.arange(1, classes), (np.arange(1, classes) - 1) // 3)

    def friends(self, persons, city, city_country, interest_p, interest_t, created):
        r = self.random
        target = np.clip(r.lognormal(0, 1.2, persons), 0.05, 25)
        main = interest_t[np.searchsorted(interest_p, np.arange(persons))]
        wanted = int(20.5 * persons)
        pairs = []
        for order, share in ((np.lexsort((city, city_country[city])), 0.6), (np.argsort(main, kind="stable"), 0.3)):
            place = np.empty(persons, np.int64)
            place[order] = np.arange(persons)
            a = self.draw(np.cumsum(target / target.sum()), int(wanted * share * 1.3))
            step = np.maximum(1, r.exponential(25, a.size)).astype(np.int64) * r.choice([-1, 1], a.size)
            b = order[(place[a] + step) % persons]
            pairs.append((a, b))
        a = self.draw(np.cumsum(target / target.sum()), int(wanted * 0.15))
        pairs.append((a, r.integers(0, persons, a.size)))
        a, b = (np.concatenate(side) for side in zip(*pairs))
        a, b = a[a != b], b[a != b]
        a, b = self.pairs(np.minimum(a, b), np.maximum(a, b), persons)
        if a.size > wanted:
            keep = np.sort(r.choice(a.size, wanted, replace=False))
            a, b = a[keep], b[keep]
        swap = r.random(a.size) < 0.5
        a, b = np.where(swap, b, a), np.where(swap, a, b)
        known = np.maximum(created[a], created[b]) + (r.random(a.size) * 300 * 86_400).astype(np.int64)
        return a, b, known

    @staticmethod
    def stamp(seconds):
        text = np.datetime_as_string(seconds.astype("datetime64[s]")).tolist()
        return [t.replace("T", " ") for t in text]

    def friendships(self, ids, a, b, known):
        stamps = self.stamp(known)
        self.edge("Person_knows_Person", ids[a], ids[b])
        self.write("props", "Person_knows_Person", "src|dst|creationDate", ids[a], ids[b], stamps)
        self.write("props", "Person_knows_Person_bidirectional", "src|dst|creationDate",
                   np.concatenate([ids[a], ids[b]]), np.concatenate([ids[b], ids[a]]), stamps + stamps)

    def people(self, n, ids, city, created, interest_p, interest_t, universities, companies):
        r = self.random
        syllables = "an bel ca dor el fa gri ha il jo ka lu mar ne or pe qui ra sa tor".split()
        words = ["".join(r.choice(syllables, r.integers(2, 4))).capitalize() for _ in range(2_000)]
        age = r.integers(18, 75, n)
        days = (15_706 - age * 365.25 - r.integers(0, 365, n)).astype("datetime64[D]")
        pick = lambda values, weights=None: r.choice(values, n, p=weights).tolist()
        score = ["%.3f" % x for x in r.gamma(2, 20, n)]
        address = ["%d.%d.%d.%d" % tuple(x) for x in r.integers(1, 255, (n, 4)).tolist()]
        self.node("Person", ids)
        self.write(
            "props", "Person",
            "id|firstName|lastName|gender|birthday|creationDate|locationIP|browserUsed|age|score",
            ids, [words[i] for i in self.draw(skewed(800, 0.7), n)],
            [words[i] for i in self.draw(skewed(2_000, 0.6), n)], pick(["male", "female"]),
            np.datetime_as_string(days).tolist(), self.stamp(created), address,
            pick(["Firefox", "Chrome", "Internet Explorer", "Safari", "Opera"], [.4, .3, .15, .1, .05]),
            age, score)
        self.edge("Person_isLocatedIn_City", ids, city)
        self.edge("Person_hasInterest_Tag", ids[interest_p], interest_t)
        student = np.flatnonzero(r.random(n) < 0.8)
        self.edge("Person_studyAt_University", ids[student], r.integers(0, universities, student.size))
        worker = np.repeat(np.arange(n), r.poisson(2.1, n))
        worker, company = self.pairs(worker, self.draw(skewed(companies, 0.5), worker.size), companies)
        self.edge("Person_workAt_Company", ids[worker], company)

    def messages(self, persons, person_id, country, friend_of, activity, forums, forum_id, moderator,
                 size, posts, comments, tags, tag_weights, countries):
        r = self.random
        forum = np.sort(self.draw(np.cumsum(size / size.sum()), posts))
        creator = np.where(r.random(posts) < 0.3, moderator[forum], friend_of(moderator[forum]))
        posted = BASE_TIME + (r.random(posts) ** 0.6 * SPAN).astype(np.int64)
        weight = np.clip(r.pareto(1.35, posts), 0, 400) * (r.random(posts) < 0.55)
        thread = np.sort(self.draw(np.cumsum(weight / weight.sum()), comments))
        number = np.arange(comments) - np.searchsorted(thread, thread)
        is_top = (number == 0) | (r.random(comments) < 0.36)
        parent = np.arange(comments) - number + (r.random(comments) * number).astype(np.int64)
        writer = friend_of(np.where(r.random(comments) < 0.6, creator[thread], moderator[forum[thread]]))
        written = posted[thread] + ((number + r.random(comments)) * 7_200).astype(np.int64)
        all_ids = r.permutation(np.arange(posts + comments, dtype=np.int64) * 549_755 + 7)
        post_id, comment_id = all_ids[:posts], all_ids[posts:]
        self.texts("Post", post_id, "true", posted, 4.0)
        self.texts("Comment", comment_id, "false", written, 3.2)
        for name, ids, by in (("Post", post_id, creator), ("Comment", comment_id, writer)):
            self.node(name, ids)
            self.edge(f"{name}_hasCreator_Person", ids, person_id[by])
            abroad = r.random(ids.size) > 0.9
            self.edge(f"{name}_isLocatedIn_Country", ids,
                      np.where(abroad, r.integers(0, countries, ids.size), country[by]))
        self.edge("Forum_containerOf_Post", forum_id[forum], post_id)
        self.edge("Comment_replyOf_Post", comment_id[is_top], post_id[thread[is_top]])
        self.edge("Comment_replyOf_Comment", comment_id[~is_top], comment_id[parent[~is_top]])
        tagged = np.clip(r.lognormal(-0.6, 1.2, posts), 0.02, 14)
        for name, ids, mean in (("Post", post_id, tagged * 0.5), ("Comment", comment_id, tagged[thread] * 1.1)):
            rows = np.repeat(np.arange(ids.size), np.minimum(r.poisson(mean), 20))
            rows, tag = self.pairs(rows, self.draw(tag_weights, rows.size), tags)
            self.edge(f"{name}_hasTag_Tag", ids[rows], tag)
        for name, ids, by, n in (("Post", post_id, creator, int(850_000 * self.scale)),
                                 ("Comment", comment_id, writer, int(1_350_000 * self.scale))):
            popular = np.clip(r.pareto(1.5, ids.size), 0, 60)
            message = self.draw(np.cumsum(popular / popular.sum()), n)
            liker = np.where(r.random(n) < 0.8, friend_of(by[message]), r.integers(0, persons, n))
            liker, message = self.pairs(liker, message, ids.size)
            self.edge(f"Person_likes_{name}", person_id[liker], ids[message])

    def texts(self, name, ids, is_post, seconds, mean):
        r = self.random
        words = ("about maybe great photo LOL fine thanks right no yes graph music from The king city "
                 "album history war duel ok good I see roflol").split()
        words += ["w" + np.base_repr(i, 36).lower() for i in range(2_000)]
        counts = np.clip(1 + r.poisson(mean, ids.size), 1, 12)
        picks = self.draw(skewed(len(words), 0.85), int(counts.sum())).tolist()
        content, place = [], 0
        for count in counts.tolist():
            content.append(" ".join([words[i] for i in picks[place:place + count]]))
            place += count
        self.write("props", name, "id|isPost|creationDate|length|content", ids, [is_post] * ids.size,
                   self.stamp(seconds), np.array([len(text) for text in content]), content)


def generate(scale, seed, target):
    started = time.time()
    generator = Generator(scale, seed, target)
    generator.run()
    print(f"{generator.rows} rows in {target}, {time.time() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    generate(float(sys.argv[1]), 42, sys.argv[2])
