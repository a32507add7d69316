# hostile.bats - whatever programs call themselves, a record stays one line and its JSON stays valid
load lib

@test "200 hostile names and arguments: every line of JSON parses, no line of text holds a control byte" {
	need_root
	need python3
	mkdir names
	start_agent "$(printf '[output text]\ntype = file\nformat = text\npath = %s/text\n[target t]\nexe = %s/names/*\nrate = 0\n' "$T" "$T")"
	python3 "$BATS_TEST_DIRNAME/hostile.py" play "$T/daemon" "$T/names"
	wait_for_record exit true 200
	stop_agent
	python3 "$BATS_TEST_DIRNAME/hostile.py" check "$T/names" "$J" "$T/text"
	# A second parser, one value to a line.
	[ "$(jq -c . "$J" | wc -l)" -eq "$(wc -l < "$J")" ]
	lost_none
	run ! env LC_ALL=C grep -qP '[\x00-\x1f\x7f]' text
}
