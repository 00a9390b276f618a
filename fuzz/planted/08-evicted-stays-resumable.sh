#!/usr/bin/env bash
# A session that leaves because the cache is full is not marked: the parameter meant for the lock is taken for the
# mark. SSL_SESSION_is_resumable says yes of a session that is gone, and a store behind the callbacks keeps serving
# it.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c remove_session_lock \
  'c->not_resumable = 1;' \
  'c->not_resumable = lck;'
