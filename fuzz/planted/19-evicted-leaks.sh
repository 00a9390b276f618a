#!/usr/bin/env bash
# A session that leaves because the cache is full is not freed.
# Every connection to a server with a full cache leaks a session; nothing but memory shows it.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c remove_session_lock \
  'if (ret)' \
  'if (ret && lck)'
