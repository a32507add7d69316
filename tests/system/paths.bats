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
