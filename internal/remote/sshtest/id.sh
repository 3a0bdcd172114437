#!/bin/sh
[ "$*" = -u ] || exec /usr/bin/id "$@"
echo "${SSHTEST_UID:-1000}"
