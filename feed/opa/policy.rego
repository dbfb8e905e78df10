# Interprets the rules in data.stopgap.ruleset. This file is the same in every bundle: an emergency changes data,
# never code. Ask `data.stopgap.decision.result`; docs/distribution/opa.md says what to give it and what it answers.
package stopgap.decision

import rego.v1

ruleset := data.stopgap.ruleset

now_ms := time.now_ns() / 1000000

# A signed bundle may be served again by whoever kept it: OPA itself does not compare revisions. A caller that
# remembers the highest `seq` it was answered gives it as input.min_seq.
default stale := false

stale if now_ms >= ruleset.expires_ms

stale if input.min_seq > ruleset.seq

labels := object.get(opa.runtime(), ["config", "labels"], {})

# The label by which the feed knows this OPA too; without it every OPA falls alike in a rollout.
default instance := ""

instance := labels.instance

asks := {
	"models": "model",
	"versions": "version",
	"tenants": "tenant",
	"tiers": "tier",
	"languages": "language",
	"surfaces": "surface",
	"features": "feature",
}

default language := ""

language := lower(input.language)

named := object.union(input, {"language": language})

# The model as it is named, and `name@version` cut at each `@` where the request has no version of its own.
readings contains named

readings contains reading if {
	object.get(input, "version", "") in {"", null}
	is_string(input.model)
	count(input.model) <= 401
	some at in indexof_n(input.model, "@")
	at > 0
	at < count(input.model) - 1
	reading := object.union(named, {
		"model": substring(input.model, 0, at),
		"version": substring(input.model, at + 1, -1),
	})
}

in_scope(rule) if {
	now_ms >= rule.starts_ms
	now_ms < rule.expires_ms
	some reading in readings
	every list, values in rule.scope {
		reading[asks[list]] in values
	}
	every name, value in rule.labels {
		labels[name] == value
	}
	rolled_out(rule.id, instance, rule.rollout.instances)
	rolled_out(rule.id, request_key, rule.rollout.requests)
}

# `not is_string(input.id)` would be undefined, not true, where there is no id.
request_key := input.id if {
	is_string(input.id)
} else := input.prompt if {
	is_string(input.prompt)
} else := input.completion if {
	is_string(input.completion)
} else := ""

# Where a subject falls for a rule, 0 to just under 100: 16 bits of SHA-256.
rolled_out(_, _, share) if share >= 100

rolled_out(rule_id, subject, share) if {
	share < 100
	hash := crypto.sha256(concat(" ", [rule_id, subject]))
	digits := [value |
		some at, weight in [4096, 256, 16, 1]
		value := indexof("0123456789abcdef", substring(hash, at, 1)) * weight
	]
	place := sum(digits)
	place * 100 < share * 65536
}

live contains rule if {
	some rule in ruleset.rules
	in_scope(rule)
}

# What needs more than OPA has: code shapes, CEL conditions, and package names that the caller did not give.
judged(rule) if {
	rule.matcher.kind in {"any", "re2", "literal", "phrases"}
	not rule.conditional
}

# Package names stand in the text where the rule asks for that; else the caller gives them. Versions are not compared here.
judged(rule) if {
	rule.matcher.kind == "imports"
	rule.matcher.needs == "text"
	not rule.conditional
}

judged(rule) if {
	rule.matcher.kind == "imports"
	rule.matcher.needs == "imports"
	is_array(input.imports)
	not rule.conditional
}

matches(matcher, _) if matcher.kind == "any"

matches(matcher, part) if {
	matcher.kind == "re2"
	regex.match(matcher.pattern, input[part])
}

matches(matcher, part) if {
	matcher.kind == "literal"
	contains(input[part], matcher.text)
}

matches(matcher, part) if {
	matcher.kind == "phrases"
	some phrase in matcher.phrases
	contains(normalized(part), phrase)
}

matches(matcher, part) if {
	matcher.kind == "imports"
	regex.match(matcher.mentioned, input[part])
}

matches(matcher, "completion") if {
	matcher.kind == "imports"
	some given in input.imports
	some registry in registries_of(given)
	some spelling in spellings(name_of(given), registry)
	is_listed(matcher.names[spelling], registry)
}

is_listed(registries, _) if registries == true

is_listed(registries, registry) if registry in registries

# One of `input.imports`: a name, or {"name": "left-pad", "ecosystem": "npm"} with the type of a package URL.
name_of(given) := given if is_string(given)

name_of(given) := given.name if is_object(given)

registries_of(given) := {given.ecosystem} if is_object(given)

registries_of(given) := {data.stopgap.packages.languages[language]} if is_string(given)

registries_of(given) := {registry | some registry in data.stopgap.packages.registries} if {
	is_string(given)
	not data.stopgap.packages.languages[language]
}

# As each registry folds, and as code may write it: sdk/src/packages/fold.ts.
spellings(name, registry) := {regex.replace(lower(name), `[-_.]+`, "-")} if registry in {"pypi", "conda"}

spellings(name, "cargo") := {replace(lower(name), "_", "-")}

spellings(name, registry) := {lower(name)} if registry in {"nuget", "npm", "hex", "pub", "swift"}

spellings(name, "composer") := {
	lower(name),
	regex.replace(regex.replace(lower(name), `\\+`, "/"), `[-_]`, ""),
}

spellings(name, "gem") := {name, regex.replace(name, `[-_/]+`, "-")}

spellings(name, registry) := {name} if registry in {"maven", "golang"}

# The tables are the SDK's own: sdk/src/text/characters.ts. Letters that are sent in pieces which no single character
# stands for (kana with a mark of its own, some Indic vowels) are the caller's: input.normalized.prompt.
characters := data.stopgap.characters

normalized(part) := input.normalized[part]

normalized(part) := lower(regex.replace(input[part], characters.blanks, " ")) if {
	not input.normalized[part]
	not beyond_ascii(input[part])
}

normalized(part) := lower(joined) if {
	not input.normalized[part]
	beyond_ascii(input[part])
	seen := regex.replace(input[part], characters.gone, "")
	folds := {character: folded |
		some character in regex.find_n(`[^\x00-\x7f]`, seen, -1)
		folded := characters.folds[character]
	}
	joined := regex.replace(strings.replace_n(folds, seen), characters.blanks, " ")
}

# Control characters are invisible.
beyond_ascii(text) if regex.match(`[^\t-\r\x20-\x7e]`, text)

hits contains hit if {
	some rule in live
	judged(rule)
	some part in rule.targets
	matches(rule.matcher, part)
	hit := {
		"id": rule.id,
		"ref": rule.ref,
		"action": rule.action,
		"mode": rule.mode,
		"target": part,
		"parameters": rule.parameters,
	}
}

hit_ids := {hit.id | some hit in hits}

unjudged contains rule if {
	some rule in live
	not judged(rule)
}

# What enforced rules do here, by their places in the ruleset: hit, or fail as the rule's data says.
acts contains act if {
	some place, rule in ruleset.rules
	rule.id in hit_ids
	rule.mode == "enforce"
	act := {"place": place, "action": rule.action, "words": rule.words}
}

acts contains act if {
	some place, rule in ruleset.rules
	rule in unjudged
	rule.mode == "enforce"
	act := object.union(rule.fail.on_error, {"place": place})
}

acts contains act if {
	stale
	some place, rule in ruleset.rules
	rule in live
	rule.mode == "enforce"
	not rule.id in hit_ids
	not failed(rule)
	act := object.union(rule.fail.on_stale, {"place": place})
}

failed(rule) if {
	rule in unjudged
	rule.fail.on_error
}

# The tables are the SDK's own: sdk/src/effects.ts.
actions := [action |
	some action in data.stopgap.effects.actions
	some act in acts
	act.action == action
]

default verdict := "allow"

verdict := data.stopgap.effects.verdicts[actions[0]]

# What a user reads: the words of the strongest act, of several that of the first rule.
first_place := min({act.place | some act in acts; act.action == actions[0]})

spoken contains act.words if {
	some act in acts
	act.action == actions[0]
	act.place == first_place
	act.words != null
}

words["message"] := text if {
	verdict in {"block", "warn"}
	some text in spoken
}

words["text"] := text if {
	verdict == "replace"
	some text in spoken
}

# `enforced` is what the feed counts: the hits that made the verdict.
rules contains told if {
	some hit in hits
	told := object.union(hit, {"enforced": made_the_verdict(hit)})
}

made_the_verdict(hit) if {
	hit.mode == "enforce"
	data.stopgap.effects.verdicts[hit.action] == verdict
} else := false

result := object.union(words, {
	"verdict": verdict,
	"seq": ruleset.seq,
	"stale": stale,
	"rules": [hit | some hit in rules],
	"unjudged": [{"id": rule.id, "ref": rule.ref} | some rule in unjudged],
})
