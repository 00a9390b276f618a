#!/usr/bin/env bash
# remove_session_cb is called when everything is flushed, not when the expired are.
# An external store is never told, keeps all sessions for ever, and hands them out again.
exec "$(dirname "$0")/edit" ssl/ssl_sess.c SSL_CTX_flush_sessions \
  'if (s->remove_session_cb != NULL)' \
  'if (t == 0 && s->remove_session_cb != NULL)'
