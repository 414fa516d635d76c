# Prints the targets of a Makefile that carry a comment after `##`, under headings after `##@`.
BEGIN { FS = ":.*## "; print "Ramon\047s Notebooks. On a fresh machine: make run" }
/^##@/ { printf "\n%s\n", substr($0, 5) }
/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $1, $2 }
END {
    print "\nPORT=9000 and STATE_DIR=elsewhere choose another port and folder for `make run`,"
    print "PYTEST_ARGS=\"-k name\" chooses tests. CONTRIBUTING.md tells how to work on it."
}
