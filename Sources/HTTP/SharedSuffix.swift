/// The domains under which anyone can register a name, so that a wildcard under one of them admits strangers' pages.
///
/// Hosting platforms, tunnels and editors in the browser, and the second levels of registries. The entries in common
/// use are copied from the public suffix list (publicsuffix.org) and, where it lacks a platform, from the platform's
/// documentation. The whole list is not read: Debian 12 has it as of February 2023, without many of the platforms
/// below, and it would be one more file to find and to keep fresh. A platform that is missing here is not noticed.
enum SharedSuffix {
    /// Whether strangers can have names directly under this domain.
    /// - Parameter domain: lower case, without a dot at either end.
    static func contains(_ domain: String) -> Bool {
        if domains.contains(domain) { return true }
        if clouds.contains(where: { domain == $0 || domain.hasSuffix(".\($0)") }) { return true }
        guard let dot = domain.firstIndex(of: ".") else { return false }
        return regional.contains(String(domain[domain.index(after: dot)...]))
    }

    /// Names are given out at several depths, as in `BUCKET.s3.REGION.amazonaws.com`.
    private static let clouds = ["amazonaws.com", "on.aws", "core.windows.net"]

    /// Names are given out one label below.
    private static let domains: Set<String> = [
        // Static and serverless hosting.
        "vercel.app", "vercel.dev", "now.sh", "netlify.app", "pages.dev", "workers.dev", "github.io", "gitlab.io",
        "bitbucket.io", "codeberg.page", "herokuapp.com", "web.app", "firebaseapp.com", "hosted.app", "onrender.com",
        "fly.dev", "railway.app", "up.railway.app", "deno.dev", "deno.net", "surge.sh", "koyeb.app", "northflank.app",
        "zeabur.app", "sevalla.app", "ondigitalocean.app", "pythonanywhere.com", "hf.space", "streamlit.app",
        "gradio.live", "modal.run", "val.run", "supabase.co", "neocities.org",
        // Clouds.
        "azurewebsites.net", "azurestaticapps.net", "cloudapp.net", "azureedge.net", "azurefd.net", "cloudfront.net",
        "amplifyapp.com", "awsapprunner.com", "elasticbeanstalk.com", "run.app", "a.run.app",
        "appspot.com", "cloudfunctions.net", "usercontent.goog", "r2.dev", "digitaloceanspaces.com",
        // Tunnels.
        "ngrok.io", "ngrok.app", "ngrok.dev", "ngrok.pizza", "ngrok-free.app", "ngrok-free.dev", "trycloudflare.com",
        "loca.lt", "localtunnel.me", "localhost.run", "lhr.life", "lhr.rocks", "serveo.net", "serveousercontent.com",
        "pinggy.link", "pinggy.online", "devtunnels.ms", "ts.net", "zrok.io", "tunnelmole.net", "a.free.pinggy.link",
        // Editors and builders in the browser.
        "replit.app", "replit.dev", "repl.co", "id.repl.co", "glitch.me", "stackblitz.io", "webcontainer.io",
        "codesandbox.io", "csb.app", "gitpod.io", "github.dev", "app.github.dev", "githubpreview.dev", "lovable.app",
        "lovableproject.com", "bolt.host", "v0.app", "v0.build", "base44.app", "same-app.com", "codepen.io", "cdpn.io",
        "jsfiddle.net", "framer.app", "framer.website", "webflow.io", "wixsite.com", "wixstudio.com", "wordpress.com",
        "blogspot.com", "myshopify.com", "squarespace.com", "carrd.co", "bubbleapps.io", "softr.app", "expo.app",
        "googleusercontent.com", "githubusercontent.com",
        // Registries' second levels.
        "co.uk", "org.uk", "me.uk", "com.au", "net.au", "org.au", "co.nz", "co.za", "co.jp", "ne.jp", "co.kr", "co.in",
        "com.br", "com.mx", "com.ar", "com.co", "com.tr", "com.cn", "com.hk", "com.sg", "com.tw", "com.my", "co.id",
        "co.il", "com.ua", "com.pl", "co.at", "eu.org", "us.com", "uk.com", "eu.com", "de.com",
    ]

    /// Names are given out below a label of the platform's own: a region, a cluster, a version.
    private static let regional: Set<String> = [
        "run.app", "azurewebsites.net", "azurestaticapps.net", "cloudapp.azure.com", "r.appspot.com",
        "elasticbeanstalk.com", "awsapprunner.com", "digitaloceanspaces.com",
        "webcontainer.io", "gitpod.io", "replit.dev", "devtunnels.ms", "ngrok.io", "ngrok.app", "ngrok-free.app",
        "usercontent.goog",
    ]
}
