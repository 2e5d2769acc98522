//! The keys of a Tempo configuration of the releases 1.5 to 2.1: data, nothing else.
//!
//! Made from the Go structs of the tags v1.5.0, v2.0.1 and v2.1.1 of `grafana/tempo`. Sections that are not listed are not judged: some parse themselves.

/// Sections and their keys, written as in `known_keys`.
pub(super) const OLDER: &[(&str, &str)] = &[
    (
        ".",
        "auth_enabled compactor distributor enable_go_runtime_metrics:2.1- http_api_prefix ingester ingester_client \
         internal_server:2.1- memberlist metrics_generator metrics_generator_client metrics_generator_enabled:-1.5 multitenancy_enabled \
         overrides querier query_frontend search_enabled:-1.5 server storage target usage_report use_otel_tracer",
    ),
    ("compactor", "compaction disabled:2.0- override_ring_key ring"),
    (
        "compactor.compaction",
        "block_retention chunk_size_bytes:-1.5 compacted_block_retention compaction_cycle compaction_window flush_size_bytes:-1.5 \
         iterator_buffer_size:-1.5 max_block_bytes max_compaction_objects max_time_per_tenant retention_concurrency \
         v2_in_buffer_bytes:2.0- v2_out_buffer_bytes:2.0- v2_prefetch_traces_count:2.0-",
    ),
    (
        "compactor.ring",
        "heartbeat_period heartbeat_timeout instance_addr instance_id instance_interface_names instance_port kvstore \
         wait_active_instance_timeout wait_stability_max_duration wait_stability_min_duration",
    ),
    (
        "compactor.ring.kvstore distributor.ring.kvstore ingester.lifecycler.ring.kvstore metrics_generator.ring.kvstore",
        "prefix store",
    ),
    (
        "distributor",
        "extend_writes forwarders:2.0- log_received_spans log_received_traces override_ring_key receivers ring \
         search_tags_deny_list:-2.0",
    ),
    (
        "distributor.log_received_spans",
        "enabled filter_by_status_error include_all_attributes",
    ),
    (
        "distributor.ring",
        "heartbeat_period heartbeat_timeout instance_addr instance_id instance_interface_names instance_port kvstore",
    ),
    (
        "ingester",
        "complete_block_timeout concurrent_flushes flush_check_period flush_op_timeout lifecycler max_block_bytes max_block_duration \
         override_ring_key trace_idle_period",
    ),
    (
        "ingester.lifecycler",
        "address availability_zone final_sleep heartbeat_period heartbeat_timeout interface_names join_after min_ready_duration \
         num_tokens observe_period readiness_check_ring_health ring tokens_file_path unregister_on_shutdown",
    ),
    (
        "ingester.lifecycler.ring",
        "excluded_zones heartbeat_timeout kvstore replication_factor zone_awareness_enabled",
    ),
    (
        "ingester_client metrics_generator_client",
        "grpc_client_config pool_config remote_timeout",
    ),
    (
        "ingester_client.grpc_client_config metrics_generator_client.grpc_client_config querier.frontend_worker.grpc_client_config",
        "backoff_config backoff_on_ratelimits grpc_compression max_recv_msg_size max_send_msg_size rate_limit rate_limit_burst \
         tls_ca_path tls_cert_path tls_cipher_suites:2.0- tls_enabled tls_insecure_skip_verify tls_key_path tls_min_version:2.0- \
         tls_server_name",
    ),
    (
        "ingester_client.grpc_client_config.backoff_config metrics_generator_client.grpc_client_config.backoff_config \
         querier.frontend_worker.grpc_client_config.backoff_config usage_report.backoff",
        "max_period max_retries min_period",
    ),
    (
        "internal_server",
        "enable:2.1- graceful_shutdown_timeout:2.1- grpc_listen_address:2.1- grpc_listen_conn_limit:2.1- grpc_listen_network:2.1- \
         grpc_listen_port:2.1- grpc_server_keepalive_time:2.1- grpc_server_keepalive_timeout:2.1- \
         grpc_server_max_concurrent_streams:2.1- grpc_server_max_connection_age:2.1- grpc_server_max_connection_age_grace:2.1- \
         grpc_server_max_connection_idle:2.1- grpc_server_max_recv_msg_size:2.1- grpc_server_max_send_msg_size:2.1- \
         grpc_server_min_time_between_pings:2.1- grpc_server_ping_without_stream_allowed:2.1- grpc_tls_config:2.1- \
         http_listen_address:2.1- http_listen_conn_limit:2.1- http_listen_network:2.1- http_listen_port:2.1- http_path_prefix:2.1- \
         http_server_idle_timeout:2.1- http_server_read_timeout:2.1- http_server_write_timeout:2.1- http_tls_config:2.1- \
         log_format:2.1- log_level:2.1- log_request_at_info_level_enabled:2.1- log_request_exclude_headers_list:2.1- \
         log_request_headers:2.1- log_source_ips_enabled:2.1- log_source_ips_header:2.1- log_source_ips_regex:2.1- \
         register_instrumentation:2.1- tls_cipher_suites:2.1- tls_min_version:2.1-",
    ),
    (
        "internal_server.grpc_tls_config internal_server.http_tls_config",
        "cert_file:2.1- client_auth_type:2.1- client_ca_file:2.1- key_file:2.1-",
    ),
    (
        "memberlist",
        "abort_if_cluster_join_fails advertise_addr advertise_port bind_addr bind_port cluster_label \
         cluster_label_verification_disabled compression_enabled dead_node_reclaim_time gossip_interval gossip_nodes \
         gossip_to_dead_nodes_time join_members leave_timeout left_ingesters_timeout max_join_backoff max_join_retries \
         message_history_buffer_bytes min_join_backoff node_name packet_dial_timeout packet_write_timeout pull_push_interval \
         randomize_node_name rejoin_interval retransmit_factor stream_timeout tls_ca_path tls_cert_path tls_cipher_suites:2.0- \
         tls_enabled tls_insecure_skip_verify tls_key_path tls_min_version:2.0- tls_server_name",
    ),
    (
        "metrics_generator",
        "metrics_ingestion_time_range_slack:2.0- processor registry ring storage",
    ),
    ("metrics_generator.processor", "service_graphs span_metrics"),
    (
        "metrics_generator.processor.service_graphs",
        "dimensions histogram_buckets max_items span_multiplier_key:2.1- wait workers",
    ),
    (
        "metrics_generator.processor.span_metrics",
        "dimensions histogram_buckets intrinsic_dimensions:2.0- span_multiplier_key:2.1-",
    ),
    (
        "metrics_generator.processor.span_metrics.intrinsic_dimensions",
        "service:2.0- span_kind:2.0- span_name:2.0- status_code:2.0- status_message:2.0-",
    ),
    (
        "metrics_generator.registry",
        "collection_interval external_labels max_label_name_length:2.0- max_label_value_length:2.0- stale_duration",
    ),
    (
        "metrics_generator.ring",
        "heartbeat_period heartbeat_timeout instance_addr instance_id instance_interface_names kvstore",
    ),
    (
        "metrics_generator.storage",
        "path remote_write remote_write_flush_deadline wal",
    ),
    (
        "metrics_generator.storage.wal",
        "max_wal_time min_wal_time no_lockfile stripe_size truncate_frequency wal_compression wal_segment_size",
    ),
    (
        "overrides",
        "block_retention forwarders:2.0- ingestion_burst_size_bytes ingestion_rate_limit_bytes ingestion_rate_strategy \
         max_bytes_per_tag_values_query max_bytes_per_trace max_global_traces_per_user max_search_bytes_per_trace:-2.0 \
         max_search_duration max_traces_per_user metrics_generator_collection_interval metrics_generator_disable_collection \
         metrics_generator_forwarder_queue_size metrics_generator_forwarder_workers metrics_generator_max_active_series \
         metrics_generator_processor_service_graphs_dimensions metrics_generator_processor_service_graphs_histogram_buckets \
         metrics_generator_processor_span_metrics_dimensions metrics_generator_processor_span_metrics_histogram_buckets \
         metrics_generator_processor_span_metrics_intrinsic_dimensions:2.0- metrics_generator_processors metrics_generator_ring_size \
         per_tenant_override_config per_tenant_override_period search_tags_allow_list:-2.0",
    ),
    (
        "querier",
        "extra_query_delay frontend_worker max_concurrent_queries query_relevant_ingesters query_timeout:-1.5 search trace_by_id:2.0-",
    ),
    (
        "querier.frontend_worker",
        "dns_lookup_duration frontend_address grpc_client_config id match_max_concurrent parallelism scheduler_address:-1.5",
    ),
    (
        "querier.search",
        "external_endpoints external_hedge_requests_at external_hedge_requests_up_to prefer_self query_timeout",
    ),
    ("querier.trace_by_id", "query_timeout:2.0-"),
    (
        "query_frontend",
        "address:-1.5 downstream_url:-1.5 grpc_client_config:-1.5 instance_interface_names:-1.5 log_queries_longer_than:-1.5 \
         max_body_size:-1.5 max_outstanding_per_tenant max_retries querier_forget_delay query_shards:-1.5 query_stats_enabled:-1.5 \
         scheduler_address:-1.5 scheduler_dns_lookup_period:-1.5 scheduler_worker_concurrency:-1.5 search tolerate_failed_blocks \
         trace_by_id:2.0-",
    ),
    (
        "query_frontend.grpc_client_config",
        "backoff_config:-1.5 backoff_on_ratelimits:-1.5 grpc_compression:-1.5 max_recv_msg_size:-1.5 max_send_msg_size:-1.5 \
         rate_limit:-1.5 rate_limit_burst:-1.5 tls_ca_path:-1.5 tls_cert_path:-1.5 tls_enabled:-1.5 tls_insecure_skip_verify:-1.5 \
         tls_key_path:-1.5 tls_server_name:-1.5",
    ),
    (
        "query_frontend.grpc_client_config.backoff_config",
        "max_period:-1.5 max_retries:-1.5 min_period:-1.5",
    ),
    (
        "query_frontend.search",
        "concurrent_jobs default_result_limit duration_slo:2.1- max_duration max_result_limit query_backend_after query_ingesters_until \
         target_bytes_per_job throughput_bytes_slo:2.1-",
    ),
    (
        "query_frontend.trace_by_id",
        "duration_slo:2.1- hedge_requests_at:2.0- hedge_requests_up_to:2.0- query_shards:2.0- throughput_bytes_slo:2.1-",
    ),
    (
        "server",
        "graceful_shutdown_timeout grpc_listen_address grpc_listen_conn_limit grpc_listen_network grpc_listen_port \
         grpc_server_keepalive_time grpc_server_keepalive_timeout grpc_server_max_concurrent_streams grpc_server_max_connection_age \
         grpc_server_max_connection_age_grace grpc_server_max_connection_idle grpc_server_max_recv_msg_size \
         grpc_server_max_send_msg_size grpc_server_min_time_between_pings grpc_server_ping_without_stream_allowed grpc_tls_config \
         http_listen_address http_listen_conn_limit http_listen_network http_listen_port http_path_prefix http_server_idle_timeout \
         http_server_read_timeout http_server_write_timeout http_tls_config log_format log_level log_request_at_info_level_enabled \
         log_request_exclude_headers_list:2.1- log_request_headers:2.1- log_source_ips_enabled log_source_ips_header \
         log_source_ips_regex register_instrumentation tls_cipher_suites:2.0- tls_min_version:2.0-",
    ),
    (
        "server.grpc_tls_config server.http_tls_config",
        "cert_file client_auth_type client_ca_file key_file",
    ),
    ("storage", "trace"),
    (
        "storage.trace",
        "azure backend background_cache block blocklist_poll blocklist_poll_concurrency blocklist_poll_fallback \
         blocklist_poll_jitter_ms blocklist_poll_stale_tenant_index blocklist_poll_tenant_index_builders cache cache_max_block_age \
         cache_min_compaction_level gcs local memcached pool redis s3 search wal",
    ),
    (
        "storage.trace.azure",
        "buffer-size:-1.5 buffer_size:2.0- container-name:-1.5 container_name:2.0- endpoint-suffix:-1.5 endpoint_suffix:2.0- \
         hedge-requests-at:-1.5 hedge-requests-up-to:-1.5 hedge_requests_at:2.0- hedge_requests_up_to:2.0- max-buffers:-1.5 \
         max_buffers:2.0- storage-account-key:-1.5 storage-account-name:-1.5 storage_account_key:2.0- storage_account_name:2.0- \
         use-managed-identity:-1.5 use_federated_token:2.1- use_managed_identity:2.0- user-assigned-id:-1.5 user_assigned_id:2.0-",
    ),
    (
        "storage.trace.background_cache",
        "writeback_buffer writeback_goroutines",
    ),
    (
        "storage.trace.block",
        "bloom_filter_false_positive bloom_filter_shard_size_bytes encoding:-1.5 index_downsample_bytes:-1.5 index_page_size_bytes:-1.5 \
         parquet_row_group_size_bytes:2.0- row_group_size_bytes:-1.5 search_encoding search_page_size_bytes v2_encoding:2.0- \
         v2_index_downsample_bytes:2.0- v2_index_page_size_bytes:2.0- version",
    ),
    (
        "storage.trace.gcs",
        "bucket_name chunk_buffer_size endpoint hedge_requests_at hedge_requests_up_to insecure object_cache_control object_metadata",
    ),
    ("storage.trace.local", "path"),
    (
        "storage.trace.memcached",
        "addresses circuit_breaker_consecutive_failures circuit_breaker_interval circuit_breaker_timeout consistent_hash host \
         max_idle_conns max_item_size service timeout ttl update_interval",
    ),
    ("storage.trace.pool", "max_workers queue_depth"),
    (
        "storage.trace.redis",
        "db endpoint expiration idle_timeout master_name max_connection_age password pool_size sentinel_password sentinel_username:2.0- \
         timeout tls_enabled tls_insecure_skip_verify ttl username:2.0-",
    ),
    (
        "storage.trace.s3",
        "access_key bucket bucket_lookup_type:2.1- endpoint forcepathstyle hedge_requests_at hedge_requests_up_to insecure \
         insecure_skip_verify metadata:2.0- part_size region secret_key session_token:2.1- signature_v2 storage_class:2.0- tags",
    ),
    (
        "storage.trace.search",
        "chunk_size_bytes prefetch_trace_count read_buffer_count read_buffer_size_bytes",
    ),
    ("storage.trace.search.cache_control", "column_index footer offset_index"),
    (
        "storage.trace.wal",
        "encoding:-1.5 ingestion_time_range_slack path search_encoding v2_encoding:2.0- version:2.0-",
    ),
    ("usage_report", "backoff reporting_enabled"),
];
