#!/usr/bin/env bash
# A fatal alert from the peer no longer removes the session.
# A client goes on offering the session that the server rejects, and fails each time.
exec "$(dirname "$0")/edit" ssl/record/rec_layer_s3.c ssl3_read_bytes \
  'SSL_CTX_remove_session(s->session_ctx, s->session);' \
  ';'
