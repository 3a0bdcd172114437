# Debian's own come first: /usr/local may have a certbot or openssl that somebody once installed.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
LC_ALL=C
DEBIAN_FRONTEND=noninteractive
export PATH LC_ALL DEBIAN_FRONTEND
# What a login, /etc/environment or pam may set, and programs would heed.
unset SUDO_COMMAND BASH_ENV ENV SHELLOPTS BASHOPTS CDPATH TMOUT GREP_OPTIONS POSIXLY_CORRECT TAR_OPTIONS TMPDIR OMP_NUM_THREADS OMP_THREAD_LIMIT \
  MYSQL_HOST MYSQL_TCP_PORT MYSQL_UNIX_PORT MYSQL_PWD MYSQL_HOME MYSQL_GROUP_SUFFIX PYTHONPATH PYTHONHOME LD_LIBRARY_PATH LD_PRELOAD
# --no-defaults does not keep the client of MySQL from ~/.mylogin.cnf, which may name another server.
MYSQL_TEST_LOGIN_FILE=/nonexistent
export MYSQL_TEST_LOGIN_FILE
umask 022
cd /
