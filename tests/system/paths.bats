# paths.bats - what a user plants where the configuration leads: nothing of root's is written, made, opened wider or waited for
load lib

EVE=(setpriv --reuid 65534 --regid 65534 --clear-groups)

setup() {
	T=$(mktemp -d /tmp/epitaph-paths.XXXXXX) # no user can reach bats' own directory
	cd "$T" || return 1
	J=$T/j
	watched daemon
	need_root
	need setpriv
	chmod 755 "$T"
	"${EVE[@]}" test -r "$T/daemon" || skip "a user cannot read here"
	AGENT_KEYS='backends = cn_proc, proc'
	echo "root's" > secret
	chmod 600 secret
}

eval "lib_$(declare -f teardown)"
teardown() {
	lib_teardown
	cd / && rm -rf "$T"
}

secret_is_untouched() { [ "$(< secret)" = "root's" ] && [ "$(stat -c %a:%u:%h secret)" = "${1:-600:0:1}" ]; }

# directory NAME MODE [OWNER]
directory() { mkdir "$1" && chown "${3:-0:0}" "$1" && chmod "$2" "$1"; }

# does_not_start PATTERN [PATH]: with an output to that path, and says why
does_not_start() {
	write_conf "$(printf '[output j]\ntype = file\npath = %s\nmode = 0644\n' "${2:-$T/d/j}"; target)" agent.ini
	run --separate-stderr timeout 10 "$EPITAPH" -c agent.ini
	printf '%s\n' "$stderr"
	[ "$status" -eq 1 ]
	grep -q "output j: .*$1" <<< "$stderr"
	secret_is_untouched "${3:-}"
}

@test "an output where others may put anything: refused, with whose it is and how to mend it" {
	directory d 0777
	"${EVE[@]}" ln -s "$T/secret" d/j
	does_not_start "everybody may write to the directory $T/d; chmod o-w $T/d"
	directory e 0755 65534
	"${EVE[@]}" ln -s "$T/secret" e/j
	does_not_start "the directory $T/e belongs to user 65534, .*; chown root $T/e" "$T/e/j"
	"${EVE[@]}" mkdir -m 777 e/below
	does_not_start "the directory $T/e belongs to user 65534" "$T/e/below/new"
	[ ! -e e/below/new ]
	# As it is mended, so it works.
	chmod o-w d
	rm d/j
	J=$T/d/j
	start_agent "$(target)"
	stop_agent
}

@test "an output in a sticky directory, as /tmp: a file of root's own, and none that a user has put there" {
	directory d 01777
	"${EVE[@]}" ln -s "$T/secret" d/j
	does_not_start "$T/d/j is a link of user 65534; remove it"
	rm d/j
	"${EVE[@]}" touch d/j
	does_not_start "$T/d/j belongs to user 65534; chown root it, or remove it"
	rm d/j
	"${EVE[@]}" mkfifo -m 666 d/j
	does_not_start "it is no regular file"
	rm d/j
	ln secret d/j # as a user can where fs.protected_hardlinks is 0
	does_not_start "$T/d/j has 2 links" "$T/d/j" 600:0:2
	rm d/j
	J=$T/d/j
	start_agent "$(target)"
	stop_agent
	[ "$(stat -c %u:%a d/j)" = 0:640 ]
	start_agent "$(target)" # and it is gone on with
	stop_agent
	[ "$(count agent '.state == "started"')" -eq 2 ]
}

@test "an output in a directory of a group, as /var/log of some: gone on with; a link there is not followed" {
	directory d 0775 0:65533
	ln -s "$T/secret" d/j
	does_not_start "$T/d/j is a link that others may have put there"
	rm d/j
	J=$T/d/j
	start_agent "$(target)"
	play daemon exit 3
	wait_for_record exit ".pid == $PID"
	# While it runs, somebody of that group replaces the file: SIGHUP opens nothing of root's.
	mv d/j d/old
	setpriv --reuid 65534 --regid 65533 --clear-groups ln -s "$T/secret" d/j
	kill -HUP "$AGENT"
	until_true 5 grep -q "output j: .*$T/d/j is a link of user 65534; remove it: it is tried again" agent.err
	play daemon exit 4
	nap 0.5
	secret_is_untouched
	rm d/j
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded"'
	stop_agent
	# A file of root's that was moved there is opened to nobody.
	rm d/j
	mv secret d/j
	start_agent "$(printf '[output j]\ntype = file\nformat = json\npath = %s\nmode = 0644\n' "$J"; target)"
	stop_agent
	[ "$(stat -c %a d/j)" = 600 ]
}

@test "an old file gets the mode of the configuration" {
	touch j
	chmod 644 j
	start_agent "$(target)"
	stop_agent
	[ "$(stat -c %a j)" = 640 ]
}

# What somebody of the group does, as fast as he can, where the agent rotates its file.
plant_all_the_time() {
	exec setpriv --reuid 65534 --regid 65533 --clear-groups bash -c '
		cd "$1" || exit
		for ((n = 0; ; n++)); do
			for name in j j.1 j.2; do
				rm -f $name; ln -s "$2" $name
				rm -f $name; mkfifo -m 666 $name
				ln -f "$2" $name
				rm -f $name; mkdir $name && rmdir $name
			done
			mv j other; mv other j
		done' - "$1" "$2" > /dev/null 2>&1 3>&-
}

@test "rotated while a user plants links, FIFOs and directories under its names: nothing of root's is touched, nothing blocks" {
	directory d 0775 0:65533
	J=$T/j
	start_agent "$(printf '[output j]\ntype = file\nformat = json\npath = %s\n[output r]\ntype = file\nformat = json\npath = %s/d/j\nmax_size = 4K\nkeep = 2\nmode = 0666\n' "$J" "$T"; target)"
	plant_all_the_time "$T/d" "$T/secret" &
	STARTED+=($!)
	local i
	for ((i = 0; i < 150; i++)); do play daemon exit 1; done
	wait_for_record exit true 100
	kill -KILL "${STARTED[-1]}"
	secret_is_untouched
	# Left alone, it rotates as before.
	rm -rf d/*
	for ((i = 0; i < 30; i++)); do play daemon exit 1; done
	until_true 10 test -e d/j.1
	stop_agent
	secret_is_untouched
	[ "$(find d -type f -user 0 -perm 0666 -size +0 | wc -l)" -ge 2 ]
}

@test "a state directory of a user: what he has forged is not told, his FIFO holds nobody, and it is said" {
	directory state 0755 65534
	"${EVE[@]}" mkfifo -m 666 state/watched.new
	printf 'epitaph 1 %s 1700000000000000000\ntarget t 7\nprocess 3999999 5 t 0 64 -\nend 2\n' "$(< /proc/sys/kernel/random/boot_id)" > forged
	"${EVE[@]}" cp forged state/watched
	local conf; conf=$(printf '[agent]\ncontrol = none\nbackends = cn_proc, proc\nstate_dir = %s/state\n' "$T"; target)
	start_agent "$conf"
	play daemon exit 3
	wait_for_record exit ".pid == $PID"
	stop_agent
	[ "$(count exit '.pid == 3999999')" -eq 0 ]
	[ "$(count lost '.reason | test("state file is torn or foreign")')" -eq 1 ]
	grep -q "state/watched: the directory $T/state belongs to user 65534, .*chown root $T/state" agent.err
	[ -p state/watched.new ]
	# In a directory of our own a user's file is not believed either, and what was left there does not last.
	rm -r state
	mkdir state
	cp forged state/watched
	chown 65534 state/watched
	mkfifo -m 666 state/watched.new
	: > j
	start_agent "$conf"
	stop_agent
	[ "$(count exit '.pid == 3999999')" -eq 0 ]
	grep -q "state/watched: $T/state/watched belongs to user 65534" agent.err
	[ "$(stat -c %u:%a state/watched)" = 0:600 ]
	[ ! -e state/watched.new ]
	# The same file is believed when it is root's.
	cp forged state/watched
	: > j
	start_agent "$conf"
	stop_agent
	[ "$(count exit '.pid == 3999999')" -eq 1 ]
}

@test "a state directory is one of the agent's own: /tmp is none" {
	directory sticky 01777
	start_agent "$(printf '[agent]\ncontrol = none\nbackends = cn_proc, proc\nstate_dir = %s/sticky\n' "$T"; target)"
	stop_agent
	grep -q "others may add files to the directory $T/sticky; choose one that belongs to the agent alone" agent.err
	[ -z "$(ls -A sticky)" ]
}

named() { printf '[target p]\npidfile = %s\nrate = 0\n' "$1"; }

@test "a pidfile of a user names a process of that user alone" {
	directory run 0755 65534
	live daemon wait
	local roots=$PID
	"${EVE[@]}" "$T/daemon" wait > eves 3>&- < /dev/null &
	STARTED+=($!)
	until_true 5 test -s eves
	local eves; eves=$(< eves)
	"${EVE[@]}" sh -c "echo $roots > run/p.pid"
	start_agent "$(named "$T/run/p.pid")"
	nap 1.2
	kill -KILL "$roots"
	"${EVE[@]}" sh -c "echo $eves > run/p.pid"
	nap 2.5
	kill -KILL "$eves"
	wait_for_record exit ".pid == $eves and .target == \"p\""
	stop_agent
	[ "$(count exit ".pid == $roots")" -eq 0 ]
}

@test "a pidfile of root's in a directory of a user counts for all, as php-fpm's; a link of the user to another is not followed" {
	directory run 0755 65534
	live daemon wait
	echo "$PID" > run/p.pid
	start_agent "$(named "$T/run/p.pid")"
	nap 0.5
	kill -KILL "$PID"
	wait_for_record exit ".pid == $PID and .target == \"p\""
	live daemon wait
	echo "$PID" > roots.pid
	"${EVE[@]}" sh -c "rm -f run/p.pid; ln -s '$T/roots.pid' run/p.pid"
	until_true 10 grep -q "target p: pidfile $T/run/p.pid is not believed: $T/run/p.pid is a link of user 65534; remove it" agent.err
	kill -KILL "$PID"
	nap 0.5
	stop_agent
	[ "$(count exit ".pid == $PID")" -eq 0 ]
}

@test "a pidfile of a daemon that gave its rights up after its start" {
	directory run 0755 65534
	need python3
	cat > drop.py <<-'END2'
		import os, sys, time
		os.setgroups([]); os.setgid(65534); os.setuid(65534)
		time.sleep(0.3)
		with open(sys.argv[1], 'w') as f: f.write('%d\n' % os.getpid())
		time.sleep(60)
	END2
	need_backend audit
	AGENT_KEYS='backends = audit, proc'
	start_agent "$(named "$T/run/p.pid")"
	python3 drop.py "$T/run/p.pid" 3>&- > /dev/null &
	local pid=$!
	STARTED+=("$pid")
	until_true 10 test -s run/p.pid
	nap 2.5
	kill -KILL "$(< run/p.pid)"
	wait_for_record exit ".pid == $(< run/p.pid) and .target == \"p\""
	stop_agent
}

# refused_ini PATTERN FILE: by -n, at start, and it is said how to mend it
refused_ini() {
	run --separate-stderr -2 "$EPITAPH" -n -c "$2"
	printf '%s\n' "$stderr"
	grep -q "^$2: is not believed: .*$1" <<< "$stderr"
	run -2 timeout 10 "$EPITAPH" -c "$2"
}

@test "an agent.ini that others may change is refused" {
	mkdir d
	write_conf "$(target)" d/a.ini
	"$EPITAPH" -n -c d/a.ini > /dev/null
	chmod 666 d/a.ini
	refused_ini "others may write to $T/d/a.ini; chmod go-w $T/d/a.ini" d/a.ini
	chmod 664 d/a.ini
	chown 0:65533 d/a.ini
	refused_ini "others may write to $T/d/a.ini" d/a.ini
	chmod 644 d/a.ini
	chown 65534 d/a.ini
	refused_ini "$T/d/a.ini belongs to user 65534; chown root it" d/a.ini
	chown 0:0 d/a.ini
	chmod 777 d
	refused_ini "everybody may write to the directory $T/d; chmod o-w $T/d" "$T/d/a.ini"
	chmod 775 d
	chown 0:65533 d
	refused_ini "group 65533 may write to the directory $T/d; chmod g-w $T/d" d/a.ini
	chmod 755 d
	chown 65534:0 d
	refused_ini "the directory $T/d belongs to user 65534" d/a.ini
	chown 0:0 d
	"${EVE[@]}" true
	"$EPITAPH" -n -c d/a.ini > /dev/null
}

@test "-n of an ordinary user: his own file, root's, and none of another user's" {
	directory home 0775 65534:65534
	write_conf "$(target)" a.ini
	chmod 644 a.ini
	cp "$EPITAPH" epitaph
	"${EVE[@]}" sh -c "umask 002; cp '$T/a.ini' home/a.ini; cd home && '$T/epitaph' -n -c a.ini" > out
	[ -s out ]
	"${EVE[@]}" "$T/epitaph" -n -c "$T/a.ini" > /dev/null
	chown 65533 home/a.ini
	run -2 "${EVE[@]}" "$T/epitaph" -n -c "$T/home/a.ini"
	grep -q "belongs to user 65533" <<< "$output"
}

@test "-c of what the agent was started with: whoever redirects has chosen it" {
	write_conf "$(target)" a.ini
	chown 65534 a.ini
	refused_ini "$T/a.ini belongs to user 65534" a.ini
	"$EPITAPH" -n -c /dev/stdin < a.ini > out
	[ -s out ]
	"$EPITAPH" -n -c /dev/fd/9 9< a.ini > again
	cmp out again
	run --separate-stderr -2 timeout 5 "$EPITAPH" -n -c <(cat a.ini)
	grep -q 'no regular file' <<< "$stderr"
}

@test "reload: an agent.ini that others may change by now changes nothing" {
	start_agent "$(target)"
	chmod 666 agent.ini
	kill -HUP "$AGENT"
	wait_for_record agent '.state == "reloaded" and (.reason | test("running configuration stays"))'
	grep -q "agent.ini: is not believed: others may write to .*agent.ini; chmod go-w" agent.err
	play daemon exit 3
	wait_for_record exit ".pid == $PID"
	stop_agent
}
