package inventory

import "time"

// Directories of Let's Encrypt.
const (
	letsEncrypt        = "https://acme-v02.api.letsencrypt.org/directory"
	letsEncryptStaging = "https://acme-staging-v02.api.letsencrypt.org/directory"
)

// TokenEnv is where the installation token comes from unless monitoring.token
// says otherwise.
const TokenEnv = "SUMOLOGIC_INSTALLATION_TOKEN"

// defaults is what an inventory is before its file is read. A default that
// depends on other values is filled in where these have been read.
func defaults(path string) *Inventory {
	return &Inventory{
		Path: path,
		Deploy: Deploy{
			Serial: 1, Forks: 10,
			DrainTimeout: 30 * time.Second, HealthTimeout: 60 * time.Second, ConfirmTimeout: 60 * time.Second, Purge: "owned",
		},
		TLS: TLS{HSTS: true},
		LB: Balancer{
			Balance: "roundrobin", MaxConn: 20000, HealthPath: "/healthz",
			HealthInterval: 2 * time.Second, Fall: 3, Rise: 2, RateLimit: 1000,
			TimeoutConnect: 5 * time.Second, TimeoutClient: 50 * time.Second,
		},
		Web: WebServer{ClientMaxBody: 16 << 20, Headers: map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN", "Referrer-Policy": "strict-origin-when-cross-origin",
		}},
		App: Application{Entrypoint: "wsgi:app", Port: 9000, KeepReleases: 5, HealthPath: "/healthz", StepTimeout: 10 * time.Minute, Server: "wsgi", Threads: 1, Sandbox: "normal", TasksMax: 1024},
		DB: Database{
			Engine: "mariadb", Port: 3306, MaxConnections: 200, AppRights: "all", BinlogExpire: 7 * day,
			Backup: Backup{Enabled: true, Schedule: "03:00", Keep: 7, Path: "/var/backups/foobar"},
		},
		Firewall: Firewall{Enabled: true, Loopback: Strict, Purge: "owned"},
		Monitoring: Monitoring{
			Enabled: true, Provider: Providers()[0], Endpoint: "https://open-collectors.sumologic.com",
			Token: Source{Env: TokenEnv}, Site: sites()[0], APIKey: Source{Env: "DD_API_KEY"}, Package: Package{Name: "otelcol-sumo"},
		},
		Secrets: Secrets{Generation: 1, CAGeneration: 1},
	}
}
